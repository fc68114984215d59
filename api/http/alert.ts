/** `GET /v1/alerts`: what is wrong; alerts over scrape runs name the outcome and the fields concerned. */
import type { Context } from 'hono'
import { isEvidenceId, type Alert, type AlertState, type Origin, type Reader } from '../../engine/index.ts'
import { freshness } from './freshness.ts'
import type { Origins } from './origin.ts'
import { oneOf, readQuery } from './query.ts'

const STATES: readonly AlertState[] = ['pending', 'firing', 'resolved']

export interface AlertAnswer extends Alert {
  /** How the newest matching run ended. */
  outcome?: string
  /** Fields the newest matching run could not read: missing, invalid or empty. */
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

/** Lifts what people ask for first out of the newest sample of a `runs` alert. */
export function answerOf(alert: Alert): AlertAnswer {
  // An alert for many groups says itself which fields it is about.
  if (alert.about?.['field'] !== undefined) return { ...alert, fields: alert.about['field'] }
  const run = alert.stream === 'runs' ? alert.evidence.samples[0] : undefined
  if (run === undefined) return alert
  const fields = [...new Set([run.missing, run.invalid, run.empty].flatMap(names))]
  const id = evidenceIdOf(alert)
  return {
    ...alert,
    fields,
    ...(typeof run.outcome === 'string' && { outcome: run.outcome }),
    ...(id !== null && { proof: `/v1/evidence/${id}` }),
  }
}

/** Samples are newest first. */
function evidenceIdOf({ evidence }: Alert): string | null {
  for (const { evidence: id } of evidence.samples) if (isEvidenceId(id)) return id
  return null
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : []
}
