/** Partial results that no source has made: refused or bounded, and the honest ones go on. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partialFields } from '../event/entry.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import { ByteWriter } from '../window/bytes.ts'
import { configOf, Source, START, Target } from '../exchange.fixture.ts'
import type { PartialMessage, Piece } from './message.ts'

const S = 1000
const config = configOf([{ name: 'm', by: ['product'], stats: ['count', 'sum', 'p95', 'distinct'] }])
const { hash } = config.metrics[0]!
const PRODUCT = 'one'
const HOME = partitionOf(JSON.stringify([PRODUCT]), 2)

/** An honest piece. */
function honest(): Piece {
  const source = new Source(0, () => config)
  source.orders(START, [{ shop: 'a', product: PRODUCT, price: 3 }])
  source.tick(START + 2 * S)
  return source.sent.flatMap(({ message }) => message.pieces)[0]!
}

/** A block of one group of that number, with one bucket of that number. */
function block(group: number, bucket: number): string {
  const out = new ByteWriter()
  out.uint32(2)
  out.uint32(0)
  out.double(START / (10 * S))
  out.varint(1)
  out.signed(group + 1)
  out.varint(0)
  out.varint(1)
  out.varint(1)
  for (let i = 0; i < 3; i++) out.double(1)
  out.varint(1)
  out.signed(bucket)
  out.varint(1)
  const values = Buffer.alloc(8)
  values.writeUInt32LE(4, 4)
  return Buffer.concat([out.done(), values]).toString('base64')
}

/** Says what a stranger makes up under the name of a source, then lets an honest one speak. */
function survives(messages: readonly unknown[]): Target {
  const target = new Target(HOME, () => config)
  for (const [i, message] of messages.entries())
    target.raw(START + i, partialFields('x:orders.1', i, '1-0', JSON.stringify(message)))
  target.restart()
  const source = new Source(0, () => config)
  for (let s = 0; s < 300; s += 5) {
    source.orders(START + s * S, [{ shop: 'a', product: PRODUCT, price: 1 }])
    for (const one of source.sent.splice(0)) if (one.partition === HOME) target.hear(one)
  }
  return target
}

const message = (over: Partial<PartialMessage>): PartialMessage => ({
  turn: null,
  now: null,
  final: null,
  idle: true,
  pieces: [],
  ...over,
})

test.each([
  [
    'a turn in the far future',
    0,
    message({ idle: false, turn: 1e15, now: 1e15, final: 1e18, pieces: [honest()] }),
  ],
  ['a turn in a past that cannot be counted', 0, message({ idle: false, turn: -3e284, now: -3e284 })],
  ['half a turn', 0, message({ idle: false, turn: 0.5, now: 0.5 })],
  ['a final time in the far future', 0, message({ final: 1e18, idle: false })],
  ['a pane in the far future', 1, message({ pieces: [{ ...honest(), at: 1e12 }] })],
  ['an event in the far future', 0, message({ pieces: [{ ...honest(), seen: [[1e300, 1, 1, 1, 1]] }] })],
  ['a place that is no id', 1, message({ pieces: [{ ...honest(), seen: [[1, 1, 1e300, 1.5, -1]] }] })],
  ['a key that is none', 1, message({ pieces: [{ ...honest(), keys: ['{'] }] })],
  ['a key of another metric', 1, message({ pieces: [{ ...honest(), keys: ['["a","b"]'] }] })],
  ['a huge group', 1, message({ pieces: [{ ...honest(), cells: block(2 ** 31 - 2, 1) }] })],
  ['a bucket far away', 1, message({ pieces: [{ ...honest(), cells: block(0, 2 ** 31) }] })],
  ['no block', 1, message({ pieces: [{ ...honest(), cells: '' }] })],
])('%s', (_, dead, hostile) => {
  const before = process.memoryUsage()
  const target = survives([hostile])
  const after = process.memoryUsage()
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(50e6)
  expect(target.fold.small()).toMatchObject({ dead })
  // Time goes on, and no longer with the stranger after a while.
  expect(target.fold.turned).toBe((START + 290 * S) / (10 * S))
  expect(target.closed.get(`m ${START + 280 * S} ["${PRODUCT}"]`)).toMatchObject({ count: 2 })
  expect(target.fold.plan.states[0]!.newestAt).toBeLessThan(START + 300 * S)
  expect([...target.fold.sources.states.values()].every(({ queue }) => queue.length <= 2)).toBe(true)
})

test('whatever a message holds, the fold reads on and its panes are bounded', () => {
  const some = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(null, 1e15, -1e15, START / 10_000, 'x', []),
  )
  const cells = fc.oneof(
    fc.base64String(),
    fc.constant(honest().cells),
    fc.constantFrom(block(5, 7), block(0, -9999)),
  )
  const piece = fc.record({
    metric: fc.constantFrom('m', 'n'),
    hash: fc.constant(hash),
    at: fc.oneof(some, fc.constant(START / 10_000)),
    keys: fc.oneof(fc.array(fc.string(), { maxLength: 3 }), fc.constant([`["${PRODUCT}"]`])),
    seen: fc.array(fc.array(some, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 1 }),
    cells,
  })
  const any = fc.record({
    turn: some,
    now: some,
    final: some,
    idle: fc.boolean(),
    pieces: fc.array(piece, { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), (messages) => {
      const target = survives(messages)
      expect(target.fold.turned).toBe((START + 290 * S) / (10 * S))
      const panes = target.fold.plan.states.flatMap(({ ladder }) => ladder.panes.map(({ size }) => size))
      expect(Math.max(...panes)).toBeLessThan(100)
    }),
    { numRuns: 20 },
  )
})
