/** Raw answers in a real Redis: as received, the newest few, and bounded. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { ANSWER_LIMITS, type AnswerStore } from './answer.ts'
import { openAnswers } from './redis-answer.ts'

let redis: TestRedis
let store: AnswerStore
beforeAll(async () => {
  redis = await startRedis()
  store = openAnswers(redis.url, 'test', 'commit')
})
afterAll(async () => {
  store.close()
  await redis.stop()
})

const answer = (body: Buffer) => ({ status: 200, type: 'application/json', body, cut: false })

test('the newest are kept byte for byte, each collector its own', async () => {
  const bodies = ['[1]', '[2]', '[3, "é\\u0000"]'].map((text) => Buffer.from(text))
  for (const body of bodies) await store.keep('coins', answer(body), 2)
  const kept = await store.list('coins', 9)
  expect(kept.map(({ bytes, cut, status, type }) => ({ bytes, cut, status, type }))).toEqual(
    [bodies[2]!, bodies[1]!].map((body) => ({
      bytes: body.length,
      cut: false,
      status: 200,
      type: 'application/json',
    })),
  )
  expect(await store.body('coins', kept[0]!.id)).toEqual(bodies[2])
  expect(Math.abs(kept[0]!.at - Date.now())).toBeLessThan(60_000)
  expect(await store.body('other', kept[0]!.id)).toBeNull()
  expect(await store.body('coins', '1-1')).toBeNull()
  expect(await store.body('coins', '- +')).toBeNull()
  expect(await store.list('other', 9)).toEqual([])
})

test('what is too large is cut and says so', async () => {
  await store.keep('big', answer(randomBytes(ANSWER_LIMITS.bytes * 2)), 1)
  const [kept] = await store.list('big', 1)
  expect(kept).toMatchObject({ bytes: ANSWER_LIMITS.bytes * 2, cut: true })
  expect((await store.body('big', kept!.id))!.length).toBeLessThanOrEqual(ANSWER_LIMITS.packed)
})

test('a list transfers no bodies, and goes on where a page ended', async () => {
  for (let i = 0; i < 4; i += 1) await store.keep('many', answer(randomBytes(200_000)), 4)
  const client = connect(redis.url, 'query')
  const sent = async (): Promise<number> =>
    Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))?.[1])
  const before = await sent()
  const all = await store.list('many', 9)
  expect((await sent()) - before).toBeLessThan(50_000)
  client.disconnect()
  expect(all).toHaveLength(4)
  expect(await store.list('many', 2, all[1]!.id)).toEqual(all.slice(2))
  expect(await store.list('many', 2, 'x')).toEqual([])
})
