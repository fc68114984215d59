/** Entries of the control log, as they stand in Redis and as they are read. */
import type { CompiledConfig } from '../config/compiled.ts'

/** More kinds will come: rules, silences, acknowledgements, marks. Readers pass over kinds they do not know. */
export type ControlEntry = { id: string; /** Who changed it, for people. */ by: string } & {
  kind: 'config'
  config: CompiledConfig
}

/** Null for what this version cannot read: it must not stop anybody. */
export function parseControl(id: string, fields: readonly string[]): ControlEntry | null {
  const values = new Map<string, string>()
  for (let i = 0; i + 1 < fields.length; i += 2) values.set(fields[i] ?? '', fields[i + 1] ?? '')
  if (values.get('kind') !== 'config') return null
  try {
    const config = JSON.parse(values.get('config') ?? '') as Partial<CompiledConfig> | null
    if (config?.version !== 1) return null
    return { id, by: values.get('by') ?? '', kind: 'config', config: config as CompiledConfig }
  } catch {
    return null
  }
}
