/**
 * docker-compose.yml and Dockerfile fit together and say what they must. The official compose schema is not ours to
 * copy, so this is a JSON Schema of the parts that we use, strict: a word it does not know is an error. (The file
 * was valid by the official schema when this was written.)
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8')

const strings = { type: 'array', items: { type: 'string' } }
const duration = { type: 'string', pattern: '^\\d+(ms|s|m|h)$' }
const closed = (properties: object, required: string[] = []): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
})
const service = closed({
  build: closed({ context: { type: 'string' }, target: { type: 'string' } }, ['context', 'target']),
  image: { type: 'string' },
  command: strings,
  init: { type: 'boolean' },
  read_only: { type: 'boolean' },
  tmpfs: strings,
  cap_drop: strings,
  security_opt: strings,
  restart: { enum: ['no', 'always', 'on-failure', 'unless-stopped'] },
  volumes: { ...strings, items: { type: 'string', pattern: '^[^:]+:/[^:]+(:ro)?$' } },
  ports: { ...strings, items: { type: 'string', pattern: '^127\\.0\\.0\\.1:.+:\\d+$' } },
  environment: { type: 'object', additionalProperties: { type: 'string' } },
  stop_grace_period: duration,
  healthcheck: closed(
    {
      test: {
        type: 'array',
        prefixItems: [{ enum: ['CMD', 'CMD-SHELL'] }],
        items: { type: 'string' },
        minItems: 2,
      },
      interval: duration,
      timeout: duration,
      start_period: duration,
      retries: { type: 'integer', minimum: 1 },
    },
    ['test', 'interval', 'timeout', 'retries'],
  ),
  depends_on: {
    type: 'object',
    additionalProperties: closed(
      { condition: { enum: ['service_started', 'service_healthy', 'service_completed_successfully'] } },
      ['condition'],
    ),
  },
})
const schema = {
  ...closed(
    {
      name: { type: 'string' },
      services: { type: 'object', additionalProperties: service },
      volumes: { type: 'object', additionalProperties: { type: 'null' } },
    },
    ['name', 'services'],
  ),
  patternProperties: { '^x-': {} },
}

interface Service {
  cap_drop?: string[]
  security_opt?: string[]
  build?: { target: string }
  image?: string
  command?: string[]
  read_only?: boolean
  volumes?: string[]
  environment?: Record<string, string>
  healthcheck?: object
  depends_on?: Record<string, { condition: string }>
}
interface Compose {
  services: Record<string, Service>
  volumes: Record<string, null>
}
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose
const dockerfile = read('Dockerfile')
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTuples: false }).compile(schema)

test('the file has the shape that compose wants', () => {
  validate(compose)
  expect(validate.errors ?? []).toEqual([])
})

test('the check can fail: a misspelt word and a wrong condition are errors', () => {
  const spoilt = structuredClone(compose) as unknown as { services: Record<string, Record<string, unknown>> }
  spoilt.services['api']!['enviroment'] = {}
  spoilt.services['engine']!['depends_on'] = { redis: { condition: 'healthy' } }
  expect(validate(spoilt)).toBe(false)
})

test('Redis 8 and one service per role', () => {
  expect(compose.services['redis']?.image).toBe('redis:8')
  for (const role of ['engine', 'api', 'scrapers']) expect(compose.services[role]?.command).toEqual([role])
})

describe.each(Object.entries(compose.services))('%s', (name, it) => {
  test('writes nowhere but to its volumes', () => expect(it.read_only).toBe(true))

  test('waits for services that are there and can be waited for', () => {
    for (const [other, { condition }] of Object.entries(it.depends_on ?? {})) {
      const target = compose.services[other]
      expect(target, `${name} waits for ${other}`).toBeDefined()
      if (condition === 'service_healthy')
        expect(target?.healthcheck, `${other} has no healthcheck`).toBeDefined()
    }
  })

  test('mounts only volumes that are declared', () => {
    for (const volume of it.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (!source.startsWith('.')) expect(Object.keys(compose.volumes)).toContain(source)
    }
  })

  test('is built from a stage of the Dockerfile, or is an image', () => {
    if (it.build) expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${it.build.target}$`, 'm'))
    else expect(it.image).toBeDefined()
  })

  test('has a healthcheck', () => expect(it.healthcheck).toBeDefined())
})

test('the API needs a key, and no secret stands in the file', () => {
  const api = compose.services['api']?.environment ?? {}
  expect(api['HOST']).toBe('0.0.0.0')
  expect(api['WEIR_API_KEY']).toMatch(/^\$\{WEIR_API_KEY:\?/)
  expect(api['SLACK_WEBHOOK_URL']).toMatch(/^\$\{SLACK_WEBHOOK_URL/)
})

test('every stage ends as a user who is not root, and only scrapers get a browser', () => {
  const stages = dockerfile.split(/^FROM /m).slice(1)
  for (const stage of stages) expect([...stage.matchAll(/^USER (\S+)$/gm)].at(-1)?.[1]).toBe('node')
  expect(stages.filter((stage) => /install.*chromium/.test(stage))).toHaveLength(1)
})

test('the image holds every folder that its verbs start', () => {
  const verbs = [...read('weir').matchAll(/\['(\w+)\/[\w/.-]+\.ts'/g)].map((match) => match[1])
  for (const folder of new Set(verbs)) expect(dockerfile).toContain(`COPY ${folder} ${folder}`)
})

test('Chromium runs without its own sandbox where the container denies it what one needs', () => {
  const { scrapers } = compose.services
  expect([scrapers?.cap_drop, scrapers?.security_opt]).toEqual([['ALL'], ['no-new-privileges:true']])
  const stage = dockerfile.split(/^FROM /m).at(-1)!
  expect(stage).toContain('WEIR_CHROMIUM_SANDBOX=off')
  // Its folders at home cannot be written: the file system is read-only but for /tmp.
  for (const home of ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME']) expect(stage).toContain(`${home}=/tmp/`)
})
