/** Raw answers in Redis: one short stream for each collector, packed, gone after a week without a new one. */
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { connect } from '../stream/connection.ts'
import { answerKeys } from '../stream/keys.ts'
import { ANSWER_LIMITS, type AnswerStore, type KeptAnswer } from './answer.ts'

const LIST = readFileSync(new URL('list-answers.lua', import.meta.url), 'utf8')
const ENTRY = /^\d{1,15}-\d{1,10}$/
const pack = promisify(gzip)
const unpack = promisify(gunzip)

type About = Omit<KeptAnswer, 'id' | 'at'>

/** `role`: `commit` for those who keep, which never waits for a Redis that is away; `query` for those who show. */
export function openAnswers(
  redisUrl: string,
  namespace: string,
  role: 'commit' | 'query' = 'query',
): AnswerStore {
  const redis = connect(redisUrl, role, 'weir-answers')
  const reached = role === 'commit' ? redis.connect().catch(() => undefined) : null
  const logOf = (scraper: string): string => answerKeys(namespace, scraper).log
  return {
    async keep(scraper, answer, newest) {
      const { bytes, packed, age } = ANSWER_LIMITS
      let body = answer.body.subarray(0, bytes)
      let small = await pack(body)
      if (small.length > packed) {
        // What hardly packs is cut to what surely fits.
        body = body.subarray(0, packed - 1024)
        small = await pack(body)
      }
      const about: About = {
        status: answer.status,
        type: answer.type.slice(0, 200),
        bytes: answer.body.length,
        cut: answer.cut || body.length < answer.body.length,
      }
      await reached
      const most = Math.min(newest, ANSWER_LIMITS.newest)
      await redis.xadd(
        logOf(scraper),
        'MAXLEN',
        '=',
        most,
        '*',
        'about',
        JSON.stringify(about),
        'body',
        small,
      )
      await redis.pexpire(logOf(scraper), age)
    },
    async list(scraper, limit, before) {
      if (before !== undefined && !ENTRY.test(before)) return []
      const from = before === undefined ? '+' : `(${before}`
      const told = (await redis.eval(LIST, 1, logOf(scraper), limit, from)) as string[]
      return Array.from({ length: told.length / 2 }, (_, i) => {
        const id = told[2 * i]!
        // Written by `keep` above, by whoever may write to this Redis.
        return { id, at: Number.parseInt(id, 10), ...(JSON.parse(told[2 * i + 1]!) as About) }
      })
    },
    async body(scraper, id) {
      if (!ENTRY.test(id)) return null
      const [entry] = await redis.xrangeBuffer(logOf(scraper), id, id)
      const fields = entry?.[1] ?? []
      const at = fields.findIndex((field) => field.toString() === 'body')
      const packed = at < 0 ? undefined : fields[at + 1]
      return packed === undefined ? null : unpack(packed, { maxOutputLength: ANSWER_LIMITS.bytes })
    },
    close: () => redis.disconnect(),
  }
}
