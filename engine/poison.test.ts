/** Whatever stands in a log, the entries after it are counted and the state can be saved (I14, I15). */
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { decode } from './event/decode.ts'
import { batchFields, type Entry } from './event/entry.ts'
import { PartitionFold } from './fold.ts'
import { entriesOf, START, testConfig } from './fold.fixture.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const id = `${START + 1000}-0`
const fresh = (): PartitionFold => new PartitionFold('s', 0, '1-0', () => testConfig('live'))

function batch(n: number, columns: string): Entry {
  return decode(id, batchFields(`p~1~${columns.length}`, 0, n, 'x', 0, columns))
}

/** The fold goes on after the entry: a good event is counted, the state is saved and comes back. */
function goesOn(fold: PartitionFold, from = 'good~1~a'): void {
  const { counted } = fold.small()
  const good = { at: START, k: 'good', v: 1, good: true }
  fold.step({ ...entriesOf([good], 1, () => START + 2000)[0]!, from } as Entry)
  expect(fold.small().counted).toBe(counted + 1)
  const restored = fresh()
  restored.restore(fold.snapshot().changed)
  expect(restored.small()).toEqual(fold.small())
  JSON.stringify([fold.take()], (_, value: unknown) => (value instanceof Map ? [...value] : value))
}

test.each([
  ['nested beyond the stack', 1, `{"at":[${START}],"k":["a"],"v":[${nested(100_000)}],"good":[true]}`],
  [
    'nested in a field nobody declared',
    1,
    `{"at":[${START}],"k":["a"],"v":[1],"good":[true],"x":[${nested(100_000)}]}`,
  ],
  ['numbers beyond a double', 2, `{"at":[${START},1e999],"k":["a","a"],"v":[1e999,1],"good":[true,true]}`],
  ['objects without a text', 1, `{"at":[${START}],"k":[{"toString":null}],"v":[1],"good":[true]}`],
  ['prototypes', 1, `{"__proto__":[{"k":"a"}],"constructor":[1],"at":[${START}],"v":[1],"good":[true]}`],
  ['no times', 1, '{"k":["a"],"v":[1],"good":[true]}'],
])('a batch with %s', (_, n, columns) => {
  const fold = fresh()
  fold.step(batch(n, columns))
  const { counted, dead } = fold.small()
  expect(counted + dead).toBe(n)
  goesOn(fold)
})

test('random batches: every row has a fate, and the fold goes on', () => {
  const value = fc.oneof(
    fc.constantFrom(START, START + 500, 0, -1, 'a', true, null, 1e300, -1e300),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const columns = fc.dictionary(
    fc.constantFrom('at', 'k', 'v', 'good', 'region', '__proto__', 'x'),
    fc.array(value, { minLength: 2, maxLength: 2 }),
    { minKeys: 1 },
  )
  // One fold for all runs, since compiling its schema is slow: what earlier runs left must not matter either.
  const fold = fresh()
  let sent = 0
  fc.assert(
    fc.property(fc.array(columns, { maxLength: 8 }), (list) => {
      const before = fates(fold)
      let rows = 0
      for (const some of list) {
        const entry = decode(id, batchFields(`p~1~${sent++}`, 0, 2, 'x', 0, JSON.stringify(some)))
        fold.step(entry)
        rows += entry.kind === 'batch' ? 2 : 1
      }
      expect(fates(fold) - before).toBe(rows)
      goesOn(fold, `good~1~${sent++}`)
    }),
    { numRuns: 40 },
  )
})

function fates(fold: PartitionFold): number {
  const { counted, late, dead } = fold.small()
  return counted + late + dead
}

test('what fails inside the fold itself is dead with its reason, and its rows are accounted for', () => {
  const fold = fresh()
  const failing = vi.spyOn(fold.plan, 'addRows').mockImplementation(() => {
    throw new Error('poison')
  })
  const events = [1, 2, 3].map((v) => ({ at: START + v, k: 'a', v, good: true }))
  fold.step(entriesOf(events, 3, () => START + 1000)[0]!)
  expect(fold.small()).toMatchObject({ counted: 0, dead: 3 })
  expect(fold.take().dead).toMatchObject([{ reason: 'the fold failed on this entry: Error: poison' }])
  failing.mockRestore()
  goesOn(fold)
})

test('a hundred thousand dead rows are counted, and a bounded number of them kept', () => {
  const fold = fresh()
  const rows = 20_000
  fold.step(batch(rows, `{"k":[${Array.from({ length: rows }, () => '1').join()}]}`))
  expect(fold.small().dead).toBe(rows)
  expect(fold.take().dead).toHaveLength(500)
  goesOn(fold)
})

test('sums that overflow are nothing to say, never an infinity that passes for a value', () => {
  const fold = fresh()
  const events = Array.from({ length: 4 }, (_, i) => ({ at: START + i, k: 'a', v: 1.7e308, good: true }))
  for (const entry of entriesOf(events, 4, () => START + 1000)) fold.step(entry)
  fold.step({ kind: 'tick', id: `${START + 30_000}-0`, ms: START + 30_000 })
  const block = JSON.parse(fold.take().view.get('m/1m/0')!) as Record<string, unknown[]>
  expect(block).toMatchObject({ count: [4], sum: [null], mean: [null], stddev: [null] })
  goesOn(fold)
})
