/** `GET /v1/accounting`: what became of every row, per stream; of one stream, per producer and minute. */
import type { Context } from 'hono'
import type { Reader } from '../../engine/index.ts'
import { streamOf } from './event.ts'
import { momentMs } from './moment.ts'
import { NO_CONFIG, problem } from './problem.ts'
import { bad, readQuery } from './query.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export interface AccountingDeps {
  reader: Reader
  clock: () => number
}

export async function readAccounting(c: Context, { reader, clock }: AccountingDeps): Promise<Response> {
  const { values } = readQuery(c.req.url, ['stream', 'producer', 'from', 'to'])
  const now = clock()
  if (values.stream === undefined) {
    const given = Object.keys(values)[0]
    if (given !== undefined) throw bad('Only together with a stream.', 'Add stream=<name>.', given)
    return c.json({ now, streams: await reader.accounting() })
  }
  const config = reader.config()
  if (config === null) return problem(c, NO_CONFIG)
  const { name } = streamOf(config.streams, values.stream)
  const to = startOf(values.to === undefined ? now : momentMs(values.to, 'to', now))
  const from = startOf(values.from === undefined ? to - HOUR : momentMs(values.from, 'from', now))
  if (from > to) throw bad('It is after to.', 'Give an earlier from, or a later to.', 'from')
  const { producer } = values
  const answer = await reader.accounts({
    stream: name,
    from,
    to,
    ...(producer !== undefined && { producer }),
  })
  return c.json({ now, stream: name, from, to, ...answer })
}

/** Of the minute that `ms` is in. */
function startOf(ms: number): number {
  return ms - (ms % MINUTE)
}
