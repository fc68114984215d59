/** Proposals on a real Redis: runs in a row, what people say, and what is forgotten. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { fleetKeys } from '../stream/keys.ts'
import {
  type HealMemory,
  MAX_LESSONS,
  MAX_PROPOSALS,
  type Observed,
  type ProposalBook,
  proposalId,
} from './proposal.ts'
import { openHealMemory } from './redis-heal-memory.ts'
import { openProposals } from './redis-proposals.ts'

let redis: TestRedis
let memory: HealMemory
let book: ProposalBook
let n = 0

beforeAll(async () => {
  redis = await startRedis()
})
beforeEach(() => {
  n += 1
  memory = openHealMemory(redis.url, `test${n}`)
  book = openProposals(redis.url, `test${n}`)
  return async () => {
    await memory.close()
    await book.close()
  }
})
afterAll(() => redis.stop())

function seen(selector: string, change: Partial<Observed> = {}): Observed {
  const about = { scraper: 'north-bank', field: 'balance', declared: 'd1', url: 'https://north.example/' }
  return {
    ...about,
    how: { selector },
    tier: 'propose',
    sources: ['label'],
    value: '12',
    was: '11',
    ...change,
  }
}

test('three runs in a row that see the same accept it; one that sees something else begins anew', async () => {
  expect(await memory.propose(seen('.a'), 3)).toBe('open')
  expect(await memory.propose(seen('.a'), 3)).toBe('open')
  expect(await memory.propose(seen('.b'), 3)).toBe('open')
  expect(await memory.propose(seen('.a'), 3)).toBe('open')
  expect(await memory.propose(seen('.a'), 3)).toBe('open')
  expect(await memory.propose(seen('.a'), 3)).toBe('accepted')
  const [newest] = await book.list({ limit: 9, state: 'accepted' })
  expect(newest).toMatchObject({
    how: { selector: '.a' },
    agreed: 3,
    decision: { by: 'weir, after 3 runs that agreed' },
  })
  const { proposals } = await memory.recall('north-bank')
  expect(proposals.map(({ state }) => state).toSorted()).toEqual(['accepted', 'open'])
})

test('a person decides before and after, and some only a person can', async () => {
  for (let i = 0; i < 5; i += 1) expect(await memory.propose(seen('.alone'), 0)).toBe('open')
  const id = proposalId(seen('.alone'))
  expect(await book.decide(id, 'accepted', 'ann')).toMatchObject({
    state: 'accepted',
    decision: { by: 'ann' },
  })
  expect(await book.decide(id, 'refused', 'bo')).toMatchObject({ state: 'refused' })
  for (let i = 0; i < 4; i += 1) expect(await memory.propose(seen('.alone'), 3)).toBe('refused')
  expect(await book.decide('north-bank~000000000000', 'accepted', 'ann')).toBeNull()
  expect(await book.find('nonsense')).toBeNull()
})

test('bounded: the oldest undecided go first, and decisions stay', async () => {
  await memory.propose(seen('.kept'), 0)
  await book.decide(proposalId(seen('.kept')), 'refused', 'ann')
  for (let i = 0; i < MAX_PROPOSALS + 5; i += 1) await memory.propose(seen(`.s${i}`), 0)
  const { proposals } = await memory.recall('north-bank')
  expect(proposals).toHaveLength(MAX_PROPOSALS)
  expect(proposals.filter(({ state }) => state === 'refused')).toHaveLength(1)
})

test('lessons come back as they were, expire, and have a limit', async () => {
  expect(await memory.recall('north-bank')).toEqual({ lessons: null, proposals: [] })
  const lessons = JSON.stringify({ v: 1, text: 'ü'.repeat(1000) })
  await memory.remember('north-bank', lessons)
  expect((await memory.recall('north-bank')).lessons).toBe(lessons)
  await expect(memory.remember('north-bank', 'x'.repeat(MAX_LESSONS + 1))).rejects.toThrow(/characters/)
  const client = connect(redis.url, 'query')
  const { healing, lessons: taught } = fleetKeys(`test${n}`)
  expect(await client.pttl(`${taught}north-bank`)).toBeGreaterThan(0)
  // Whoever lists proposals does not read lessons.
  expect(await client.exists(`${healing}north-bank`)).toBe(0)
  await client.set(`${taught}north-bank`, 'broken')
  await client.hset(`${healing}north-bank`, { 'p:x': '{' })
  expect(await memory.recall('north-bank')).toEqual({ lessons: null, proposals: [] })
  client.disconnect()
})

test('a long list is whole, newest first', async () => {
  for (let i = 0; i < 205; i += 1) await memory.propose(seen('.a', { scraper: `bank-${i}` }), 0)
  const all = await book.list({ limit: 500 })
  expect(new Set(all.map(({ scraper }) => scraper)).size).toBe(205)
  const times = all.map(({ last }) => last)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  expect(await book.list({ limit: 3 })).toEqual(all.slice(0, 3))
})
