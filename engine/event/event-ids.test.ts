import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventIds, ID_HORIZON } from './event-ids.ts'
import { CHUNK, HashLog } from './hash-log.ts'
import { HashGenerations } from './hash-generations.ts'

/** What the page on events says, in the plainest words: two lists of texts. */
class Oracle {
  newer: string[] = []
  older: string[] = []
  openedAt: number | null = null
  readonly limit: number
  constructor(limit: number) {
    this.limit = limit
  }

  turn(ms: number): void {
    if (this.openedAt === null || ms - this.openedAt < ID_HORIZON) return
    this.older = ms - this.openedAt < 2 * ID_HORIZON ? this.newer : []
    this.newer = []
    this.openedAt = ms
  }
  known(id: string, ms: number): boolean {
    this.turn(ms)
    return this.newer.includes(id) || this.older.includes(id)
  }
  remember(id: string, ms: number): void {
    this.turn(ms)
    if (this.newer.length === this.limit) {
      this.older = this.newer
      this.newer = []
      this.openedAt = null
    }
    this.openedAt ??= ms
    this.newer.push(id)
  }
}

/** As a recovery loads it: the header as text, the blocks of all snapshots so far less those no longer named. */
function reloaded(ids: EventIds, limit: number, blocks: Map<string, Buffer>): EventIds {
  const names: string[] = []
  const saved = ids.save(blocks, names)
  for (const name of blocks.keys()) if (!names.includes(name)) blocks.delete(name)
  const loaded = new EventIds(limit)
  if (saved !== null) loaded.restore(JSON.parse(JSON.stringify(saved)) as typeof saved, blocks)
  return loaded
}

test('an id is known as the two lists say, over full and expired generations, snapshots and recoveries', () => {
  const step = fc.record({
    id: fc.nat({ max: 30 }),
    wait: fc.oneof(
      { weight: 9, arbitrary: fc.nat({ max: 1000 }) },
      fc.constantFrom(ID_HORIZON / 2, ID_HORIZON, 2 * ID_HORIZON),
    ),
    snapshot: fc.constantFrom('none', 'none', 'taken', 'loaded'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), fc.integer({ min: 1, max: 12 }), (steps, limit) => {
      const oracle = new Oracle(limit)
      const blocks = new Map<string, Buffer>()
      let ids = new EventIds(limit)
      let ms = 1_700_000_000_000
      for (const { id, wait, snapshot } of steps) {
        ms += wait
        const text = `id-${id}`
        const known = ids.known(text, ms)
        expect(known).toBe(oracle.known(text, ms))
        if (!known) {
          ids.remember(text, ms)
          oracle.remember(text, ms)
        }
        if (snapshot === 'loaded') ids = reloaded(ids, limit, blocks)
        else if (snapshot === 'taken') reloaded(ids, limit, blocks)
      }
    }),
    { numRuns: 300 },
  )
})

test('what is full is written once; a snapshot carries at most the last chunk of it anew', () => {
  const recent = new HashGenerations({ name: 'ids', limit: 2 * CHUNK })
  const written: string[][] = []
  for (let i = 0; i < 5 * CHUNK; i++) {
    recent.add(Math.imul(i, 0x9e3779b1), i, 1000 + i)
    if (i % (CHUNK / 2) !== CHUNK / 2 - 1) continue
    const changed = new Map<string, Buffer>()
    recent.save(changed, [])
    written.push([...changed.keys()])
  }
  expect(written.every((names) => names.length === 1)).toBe(true)
  expect(written.flat()).toEqual(
    ['1.0', '1.0', '1.1', '1.1', '2.0', '2.0', '2.1', '2.1', '3.0', '3.0'].map((name) => `ids.${name}`),
  )
  expect(recent.span).toBe(2 * CHUNK)
})

test('half a million ids: found, at 16 bytes each, and the horizon that is left is told', () => {
  const ids = new EventIds()
  const began = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 500_001; i++) ids.remember(`order-${i}`, 1_700_000_000_000 + i)
  expect(process.memoryUsage().arrayBuffers - began).toBeLessThan(14e6)
  expect(ids.span).toBe(500_000)
  for (const i of [0, 1, 250_000, 500_000]) expect(ids.known(`order-${i}`, 1_700_000_500_001)).toBe(true)
  expect(ids.known('order-500001', 1_700_000_500_001)).toBe(false)
})

test('hashes made to fall on one slot end the set early instead of making it slow', () => {
  const log = new HashLog(1_000_000)
  let added = 0
  for (; !log.full && added < 100_000; added++) log.add(7, 16 * added)
  expect(added).toBeLessThan(1100)
  const copy = new HashLog(1_000_000)
  for (let chunk = 0; chunk < log.chunkCount; chunk++) copy.decode(log.encode(chunk))
  expect([copy.full, copy.size]).toEqual([true, log.size])
})

test('a numbered entry gives the number that came last', () => {
  const log = new HashLog(100, true)
  for (const number of [0, 5, 2 ** 32 + 7, 2 ** 53 - 1]) {
    log.add(-3, 4, number)
    expect(log.numberAt(log.find(-3, 4))).toBe(number)
  }
  expect(log.find(4, -3)).toBe(-1)
})
