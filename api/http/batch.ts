/** `GET /v1/batches`: how far each batch of scrapers is, when it will end at its pace, and who is left. */
import type { Context } from 'hono'
import type { BatchReport, Reader } from '../../engine/index.ts'
import { freshness } from './freshness.ts'
import { readQuery } from './query.ts'

/** A batch that nothing follows any more, such as with the engine down, shows as of when it was seen. */
export interface BatchAnswer extends BatchReport {
  /** `waiting`: all right, until the next start. */
  state: 'running' | 'waiting' | 'late'
  /** Share of its scrapers that are right; null while none is known. */
  progress: number | null
}

export function listBatches(
  c: Context,
  { reader, clock }: { reader: Reader; clock: () => number },
): Response {
  readQuery(c.req.url, [])
  return c.json({ ...freshness(reader, clock()), batches: reader.batches().map(answerOf) })
}

function answerOf(report: BatchReport): BatchAnswer {
  const { expected, done, asOf, deadline } = report
  const state = expected > 0 && done === expected ? 'waiting' : asOf >= deadline ? 'late' : 'running'
  return { ...report, state, progress: expected === 0 ? null : done / expected }
}
