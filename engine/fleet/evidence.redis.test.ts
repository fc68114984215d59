/** Evidence in a real Redis: the share of a day, the bounds, and that what is oldest goes first. */
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { evidenceKeys } from '../stream/keys.ts'
import type { EvidenceAbout, EvidenceLimits, EvidenceStore, Exhibit } from './evidence.ts'
import { openEvidence } from './redis-evidence.ts'

let redis: TestRedis
let store: EvidenceStore
beforeAll(async () => {
  redis = await startRedis()
})
afterEach(async () => {
  await store.close()
  const client = connect(redis.url, 'query')
  await client.flushall()
  client.disconnect()
})
afterAll(() => redis.stop())

function open(limits: Partial<EvidenceLimits> = {}): void {
  store = openEvidence(redis.url, 'test', 'commit', limits)
}

function exhibit(fingerprint: string, scraper = 'north-bank', bytes = 100): Exhibit {
  const about: EvidenceAbout = {
    scraper,
    fingerprint,
    kind: 'browser',
    fleet: 'banks',
    host: 'n.example',
    url: 'https://n.example/',
    outcome: 'layout_changed',
    reason: 'selector',
    detail: 'balance: nothing',
    version: 'v1',
    fields: ['balance'],
    status: 200,
    headers: {},
    title: 'North',
    screenshot: { width: 2, height: 1, bytes },
    html: { bytes: 6, cut: false },
  }
  return { about, screenshot: Buffer.alloc(bytes, 7), html: gzipSync('<html>') }
}

const A = 'a'.repeat(12)
const B = 'b'.repeat(12)

test('the first three of a fingerprint are kept and can be read; the fourth names the newest', async () => {
  open()
  const kept = [await store.keep(exhibit(A)), await store.keep(exhibit(A)), await store.keep(exhibit(A))]
  expect(kept.map((each) => each.kept)).toEqual([true, true, true])
  expect(kept[1]!.fullUntil).toBeNull()
  expect(kept[2]!.fullUntil).toBeGreaterThan(Date.now())
  const fourth = await store.keep(exhibit(A))
  expect(fourth).toEqual({ kept: false, id: kept[2]!.id, fullUntil: kept[2]!.fullUntil })
  expect((await store.keep(exhibit(B))).kept).toBe(true)

  const id = kept[2]!.id!
  const found = await store.find(id)
  expect(found).toMatchObject({ id, scraper: 'north-bank', fingerprint: A, fields: ['balance'] })
  expect(Math.abs(found!.at - Date.now())).toBeLessThan(60_000)
  expect(await store.screenshot(id)).toEqual(Buffer.alloc(100, 7))
  expect(String(await store.html(id))).toBe('<html>')
  expect((await store.list({ limit: 10 })).map((one) => one.fingerprint)).toEqual([B, A, A, A])
  expect(await store.list({ limit: 10, fingerprint: B, scraper: 'other' })).toEqual([])
  for (const other of ['x', `${A}-1-1`, `${id}.about`, '*']) expect(await store.find(other)).toBeNull()
})

test('a scraper that fails in ever new ways has a share too', async () => {
  open({ perScraper: 2 })
  const prints = ['1', '2', '3'].map((digit) => digit.repeat(12))
  const kept = []
  for (const print of prints) kept.push((await store.keep(exhibit(print))).kept)
  expect(kept).toEqual([true, true, false])
  expect((await store.keep(exhibit(prints[2]!, 'south-bank'))).kept).toBe(true)
})

test('beyond the bytes, the number or the age the oldest goes, whole', async () => {
  open({ perFingerprint: 99, perScraper: 99, items: 4, bytes: 3500 })
  const ids: string[] = []
  for (let i = 0; i < 6; i += 1)
    ids.push((await store.keep(exhibit(A, 'north-bank', i === 5 ? 2000 : 100))).id!)
  const left = (await store.list({ limit: 10 })).map(({ id }) => id)
  expect(left).toEqual(ids.slice(-left.length).toReversed())
  expect(left.length).toBeLessThan(4)
  expect(await store.screenshot(ids[0]!)).toBeNull()
  const client = connect(redis.url, 'query')
  const { items, sizes } = evidenceKeys('test')
  expect(await client.hlen(items)).toBe(3 * left.length)
  const { total, ...each } = await client.hgetall(sizes)
  expect(Object.values(each).reduce((sum, bytes) => sum + Number(bytes), 0)).toBe(Number(total))
  expect(Number(total)).toBeLessThanOrEqual(3500)
  expect(await client.pttl(items)).toBeGreaterThan(0)
  client.disconnect()
  await store.close()
  open({ age: 0 })
  expect(await store.find(ids[5]!)).toBeNull()
})

test('twelve at once: three are kept', async () => {
  open()
  const kept = await Promise.all(Array.from({ length: 12 }, () => store.keep(exhibit(A))))
  expect(kept.filter((each) => each.kept)).toHaveLength(3)
})

test('what is too large is refused before it is sent', async () => {
  open()
  await expect(store.keep(exhibit(A, 'north-bank', 400_000))).rejects.toThrow(/larger/)
})
