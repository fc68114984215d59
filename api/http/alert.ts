/** `GET /v1/alerts`: what is wrong; alerts over scrape runs and their fields name these, the outcome and the evidence. */
import type { Context } from 'hono'
import type { Alert, AlertState, Origin, Reader } from '../../engine/index.ts'
import { freshness } from './freshness.ts'
import type { Origins } from './origin.ts'
import { evidenceIdOf } from './proof.ts'
import { oneOf, readQuery } from './query.ts'

const STATES: readonly AlertState[] = ['pending', 'firing', 'resolved']

export interface AlertAnswer extends Alert {
  /** How the newest matching run ended. */
  outcome?: string
  /** Those it is about; else those the newest matching run could not read: missing, invalid or empty. */
  fields?: string[]
  /** Whether it began with a change of ours; absent where nothing is known of that. */
  origin?: Origin
  /** `/v1/evidence/<id>` of the newest matching run that has some. */
  proof?: string
}

export interface AlertDeps {
  reader: Reader
  origins: Origins
  clock: () => number
}

export async function listAlerts(c: Context, { reader, origins, clock }: AlertDeps): Promise<Response> {
  const { values } = readQuery(c.req.url, ['state'])
  const state = values.state === undefined ? {} : { state: oneOf(values.state, STATES, 'state') }
  const found = reader.alerts(state)
  const known = await origins.of(found)
  const alerts = found.map((alert) => {
    const origin = known.get(alert.id)
    return { ...answerOf(alert), ...(origin && { origin }) }
  })
  return c.json({ ...freshness(reader, clock()), alerts })
}

/** Lifts what people ask for first out of an alert over runs or their fields. */
export function answerOf(alert: Alert): AlertAnswer {
  const id = evidenceIdOf(alert)
  const proof = id !== null && { proof: `/v1/evidence/${id}` }
  // An alert for many groups says itself which fields it is about.
  const named = alert.about?.['field'] ?? fieldOf(alert)
  if (named !== undefined) return { ...alert, fields: named, ...proof }
  const run = alert.stream === 'runs' ? alert.evidence.samples[0] : undefined
  if (run === undefined) return alert
  const fields = [...new Set([run.missing, run.invalid, run.empty].flatMap(names))]
  return {
    ...alert,
    fields,
    ...(typeof run.outcome === 'string' && { outcome: run.outcome }),
    ...proof,
  }
}

function fieldOf({ stream, group }: Alert): string[] | undefined {
  const field = group['field']
  return stream === 'fields' && field !== undefined ? [field] : undefined
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : []
}
