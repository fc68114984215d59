/** Visits by hand: which limits are kept is said, and a broken config is an error and not another namespace. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { takeHand } from './hand.ts'
import { run as runTry } from './try.ts'

let redis: TestRedis
const folder = mkdtempSync(join(tmpdir(), 'weir-hand-'))
const broken = join(folder, 'broken.config.ts')
const scraper = join(folder, 'shop.ts')

beforeAll(async () => {
  redis = await startRedis()
  writeFileSync(
    broken,
    "import { defineConfig } from 'weir'\n\nexport default defineConfig({ namespace: 'a b' })\n",
  )
  writeFileSync(
    scraper,
    "import { check } from 'weir/scrapers'\nexport default check('shop', { url: 'http://127.0.0.1:9/', every: '1h', local: true })\n",
  )
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await redis?.stop()
})

async function notes(env: Record<string, string>): Promise<string> {
  let said = ''
  const hand = await takeHand({ env, err: (text) => void (said += text) }, false)
  await hand.close()
  return said
}

test('without a config it says whose limits are kept; without Redis, that none are', async () => {
  const none = { WEIR_CONFIG: join(folder, 'none.ts') }
  expect(await notes({ ...none, REDIS_URL: redis.url })).toMatch(
    /^There is no config at .*none\.ts: limits are those of the namespace weir, and no proxy is known\.\n$/,
  )
  expect(await notes({ ...none, REDIS_URL: redis.url, WEIR_NAMESPACE: 'shop' })).toContain('namespace shop,')
  expect(await notes({ ...none, REDIS_URL: 'redis://127.0.0.1:1' })).toMatch(/^No Redis answers/)
  expect(existsSync('streams.config.ts')).toBe(true)
  expect(await notes({ REDIS_URL: redis.url })).toBe('')
})

test('a broken config names file and line, and nothing is visited; with --json, too', async () => {
  for (const words of [[scraper], [scraper, '--json']]) {
    let out = ''
    let err = ''
    const code = await runTry(words, {
      env: { REDIS_URL: redis.url, WEIR_CONFIG: broken },
      out: (text) => void (out += text),
      err: (text) => void (err += text),
    })
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/broken\.config\.ts:3:\d+: .*namespace/)
  }
})
