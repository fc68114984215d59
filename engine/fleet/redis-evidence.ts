/** Evidence in Redis: one slot, one script to keep it, plain reads to show it. */
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { connect } from '../stream/connection.ts'
import { evidenceKeys } from '../stream/keys.ts'
import {
  EVIDENCE_LIMITS,
  type Evidence,
  type EvidenceAbout,
  type EvidenceLimits,
  type EvidenceStore,
  isEvidenceId,
  MAX_HTML,
  MAX_SCREENSHOT,
} from './evidence.ts'
import { serverTime } from '../stream/server-time.ts'

const KEEP = readFileSync(new URL('./keep-evidence.lua', import.meta.url), 'utf8')
const MAX_ABOUT = 32 * 1024
/** A page is never kept larger than this, unpacked. */
const MAX_UNPACKED = 8 * 1024 * 1024
const MAX_LIST = 200
/** Items looked through for a list, newest first. */
const MAX_LOOK = 1000

const unpack = promisify(gunzip)

type Keeping = (...args: (string | number | Buffer)[]) => Promise<[string, string, string]>

/** `role`: `commit` for those who keep, which never waits for a Redis that is away; `query` for those who show. */
export function openEvidence(
  redisUrl: string,
  namespace: string,
  role: 'commit' | 'query' = 'query',
  change: Partial<EvidenceLimits> = {},
): EvidenceStore {
  const limits = { ...EVIDENCE_LIMITS, ...change }
  const keys = evidenceKeys(namespace)
  const redis = connect(redisUrl, role, 'weir-evidence')
  redis.defineCommand('weirKeepEvidence', { numberOfKeys: 4, lua: KEEP })
  // A client of this role queues nothing: it must be there before the first failure is.
  const reached = role === 'commit' ? redis.connect().catch(() => undefined) : null
  const script = redis as unknown as { weirKeepEvidence: Keeping }

  const now = async (): Promise<number> => {
    await reached
    return serverTime(redis)
  }
  const age = async (id: string): Promise<number | null> => {
    if (!isEvidenceId(id)) return null
    const since = (await now()) - limits.age
    const at = Number((await redis.zscore(keys.ages, id)) ?? Number.NaN)
    return at > since ? at : null
  }
  const blob = async (id: string, part: 'screenshot' | 'html'): Promise<Buffer | null> =>
    (await age(id)) === null ? null : redis.hgetBuffer(keys.items, `${id}.${part}`)

  return {
    async keep({ about, screenshot, html }) {
      await reached
      const text = JSON.stringify(about)
      if (
        text.length > MAX_ABOUT ||
        (screenshot?.length ?? 0) > MAX_SCREENSHOT ||
        (html?.length ?? 0) > MAX_HTML
      )
        throw new Error('the evidence is larger than allowed')
      const names = [keys.items, keys.ages, keys.sizes, keys.shares]
      const told = [about.fingerprint, about.scraper, text, screenshot ?? '', html ?? '']
      const { perFingerprint, perScraper, items, bytes, age: oldest } = limits
      const bounds = [perFingerprint, perScraper, items, bytes, oldest]
      const [kept, id, full] = await script.weirKeepEvidence(...names, ...told, ...bounds)
      return { kept: kept === '1', id: id === '' ? null : id, fullUntil: full === '' ? null : Number(full) }
    },
    async list({ scraper, fingerprint, limit }) {
      const since = (await now()) - limits.age
      const found = await redis.zrevrangebyscore(keys.ages, '+inf', since, 'WITHSCORES', 'LIMIT', 0, MAX_LOOK)
      const places = found.flatMap((id, i) => (i % 2 === 0 ? [{ id, at: Number(found[i + 1]) }] : []))
      const texts =
        places.length === 0 ? [] : await redis.hmget(keys.items, ...places.map(({ id }) => `${id}.about`))
      return places
        .flatMap(({ id, at }, i) => evidenceOf(id, at, texts[i]) ?? [])
        .filter((one) => (scraper ?? one.scraper) === one.scraper)
        .filter((one) => (fingerprint ?? one.fingerprint) === one.fingerprint)
        .slice(0, Math.min(limit, MAX_LIST))
    },
    async find(id) {
      const at = await age(id)
      return at === null ? null : evidenceOf(id, at, await redis.hget(keys.items, `${id}.about`))
    },
    screenshot: (id) => blob(id, 'screenshot'),
    async html(id) {
      const packed = await blob(id, 'html')
      return packed === null ? null : unpack(packed, { maxOutputLength: MAX_UNPACKED })
    },
    close: async () => redis.disconnect(),
  }
}

function evidenceOf(id: string, at: number, text: string | null | undefined): Evidence | null {
  if (typeof text !== 'string') return null
  // Written by `keep` above, by whoever may write to this Redis.
  return { id, at, ...(JSON.parse(text) as EvidenceAbout) }
}
