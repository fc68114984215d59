/** Schemas that authors give for the answers of an API, compiled once each. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

// ajv-formats is CommonJS: its function is the default of its default.
const withFormats = addFormats as unknown as (ajv: Ajv2020) => void
const validators = new WeakMap<object, ValidateFunction>()

/** The validator of a schema. Throws where the schema itself is wrong. */
export function answerValidator(schema: object): ValidateFunction {
  let validate = validators.get(schema)
  if (!validate) {
    const ajv = new Ajv2020({ strict: false, logger: false })
    withFormats(ajv)
    validate = ajv.compile(schema)
    validators.set(schema, validate)
  }
  return validate
}

/** What is wrong with an answer, or null. */
export function schemaFault(schema: object, json: unknown): string | null {
  const validate = answerValidator(schema)
  if (validate(json)) return null
  const first = validate.errors?.[0]
  return `${first?.instancePath ?? ''} ${first?.message ?? 'breaks the schema'}`.trim()
}
