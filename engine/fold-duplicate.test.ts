/** An event that brings an id counts once, whichever way it comes and however often. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CompiledConfig } from './config/compiled.ts'
import type { Entry } from './event/entry.ts'
import { ID_HORIZON } from './event/event-ids.ts'
import { PartitionFold } from './fold.ts'
import { START, testConfig } from './fold.fixture.ts'
import { partitionOf } from './stream/partition-hash.ts'
import { Texts } from './event/texts.ts'

const fold = (config: CompiledConfig = testConfig('live'), partition = 0): PartitionFold =>
  new PartitionFold('s', partition, '1-0', () => config)

let entries = 0
function flat(id: string | null, ms = START, more: Record<string, unknown> = {}): Entry {
  const event = { at: ms, k: 'a', v: 1, good: true, ...(id !== null && { id }), ...more }
  const fields = Object.entries(event).flatMap(([name, value]) => [name, String(value)])
  return { kind: 'flat', id: `${ms}-${entries++}`, ms, fields: Texts.of(fields) }
}
/** Makes a leap of log time true. */
const tick = (ms: number): Entry => ({ kind: 'tick', id: `${ms}-${entries++}`, ms })
function batch(ids: unknown[], seq = 0, ms = START): Entry {
  const columns = {
    at: ids.map(() => ms),
    k: ids.map(() => 'a'),
    v: ids.map(() => 1),
    good: ids.map(() => true),
    id: ids,
  }
  return {
    kind: 'batch',
    id: `${ms}-${entries++}`,
    ms,
    from: 'p~1~a',
    seq,
    n: ids.length,
    schema: 'x',
    minute: 0,
    columns,
  }
}

test('flat, in a batch, twice in one batch, as a number: the same id counts once; none is no id', () => {
  const one = fold()
  for (const entry of [flat('a'), flat('a'), flat(null), flat(null)]) one.step(entry)
  expect(one.small()).toMatchObject({ counted: 3, duplicate: 1, dead: 0 })
  one.step(batch(['a', 'b', null, 'b', null, 7]))
  expect(one.small()).toMatchObject({ counted: 7, duplicate: 3, dead: 0 })
  one.step(flat('7'))
  one.step(flat('b', START + 1, { v: 99 }))
  expect(one.small()).toMatchObject({ counted: 7, duplicate: 5, dead: 0 })
})

test('only what was counted makes a duplicate: a dead or late event may come again, mended', () => {
  const one = fold()
  one.step(flat('x', START, { v: 'no number' }))
  one.step(flat('y', START, { at: START + 120_000 }))
  expect(one.small()).toMatchObject({ counted: 0, dead: 2, duplicate: 0 })
  one.step(flat('x'))
  one.step(flat('y'))
  expect(one.small()).toMatchObject({ counted: 2, dead: 2, duplicate: 0 })
  one.step(flat(null, START + 600_000))
  one.step(tick(START + 600_000))
  one.step(flat('z', START + 600_000, { at: START }))
  one.step(flat('x', START + 600_000, { at: START }))
  expect(one.small()).toMatchObject({ counted: 3, late: 1, duplicate: 1 })
})

test('an id that is no short text or number is a dead letter that says so', () => {
  const one = fold()
  for (const id of ['', 'x'.repeat(201)]) one.step(flat(id))
  one.step(batch([{ a: 1 }]))
  expect(one.take().dead.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('field "id": expected at least 1 characters'),
    expect.stringContaining('field "id": expected at most 200 characters'),
    'field "id": expected string or number, found an object',
  ])
})

test('a field id that the schema declares is a field like any other', () => {
  const config = testConfig('live')
  config.streams[0]!.schema.properties['id'] = { type: 'string' }
  const one = fold(config)
  for (const entry of [flat('a'), flat('a'), batch(['a', 'a'])]) one.step(entry)
  expect(one.small()).toMatchObject({ counted: 4, duplicate: 0 })
})

test('an event on the wrong partition takes its id along to the right one', () => {
  const config = testConfig('live')
  config.streams[0]!.partitions = 2
  const home = partitionOf('a', 2)
  const wrong = fold(config, 1 - home)
  wrong.step(flat('a'))
  wrong.step(flat('a'))
  expect(wrong.small()).toMatchObject({ forwarded: 2, duplicate: 0 })
  expect(wrong.take().forwards.map(({ row }) => row['id'])).toEqual(['a', 'a'])
})

test('after a day of log time an id is new again', () => {
  const one = fold()
  one.step(flat('a'))
  one.step(flat('a', START + ID_HORIZON - 1))
  one.step(tick(START + ID_HORIZON - 1))
  expect(one.small()).toMatchObject({ counted: 1, duplicate: 1 })
  one.step(flat('a', START + 2 * ID_HORIZON))
  one.step(tick(START + 2 * ID_HORIZON))
  expect(one.small()).toMatchObject({ counted: 2, duplicate: 1 })
})

test('restarts from snapshots change neither counts nor what is known', () => {
  const events = fc.array(
    fc.record({ id: fc.nat({ max: 20 }), dead: fc.boolean(), cut: fc.nat({ max: 15 }).map((n) => n === 0) }),
    {
      maxLength: 80,
    },
  )
  fc.assert(
    fc.property(events, (list) => {
      const seen = new Set<number>()
      const expected = { counted: 0, duplicate: 0, dead: 0 }
      const blocks = new Map<string, Buffer>()
      let one = fold()
      for (const [i, { id, dead, cut }] of list.entries()) {
        one.step(flat(`e${id}`, START + i, dead ? { at: START + 120_000 } : {}))
        if (seen.has(id)) expected.duplicate++
        else if (dead) expected.dead++
        else expected.counted++
        if (!dead) seen.add(id)
        if (!cut) continue
        one.take()
        const { changed, names } = one.snapshot()
        for (const [name, bytes] of changed) blocks.set(name, bytes)
        for (const name of blocks.keys()) if (!names.includes(name)) blocks.delete(name)
        const restored = fold()
        restored.restore(blocks)
        expect(restored.small()).toEqual(one.small())
        one = restored
      }
      expect(one.small()).toMatchObject(expected)
    }),
    { numRuns: 30 },
  )
})
