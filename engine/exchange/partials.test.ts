/** What a source sends: whole, however long names are and however many groups there are; to all who wait for it. */
import { expect, test } from 'vitest'
import { MAX_ENTRY_BYTES } from '../event/decode.ts'
import { MAX_GROUPS } from '../window/metric-state.ts'
import { configOf, type Order, type Sent, Source, START, Target } from '../exchange.fixture.ts'

const S = 1000

/** Events of all pieces that two targets read. */
function counted(sent: readonly Sent[], config: ReturnType<typeof configOf>, metric: string): number {
  const targets = [0, 1].map((partition) => new Target(partition, () => config))
  for (const one of sent) targets[one.partition]!.hear(one)
  for (const target of targets) {
    for (let s = 0; s < 60; s += 10) target.tick(START + (60 + s) * S)
    expect(target.fold.small()).toMatchObject({ dead: 0, late: 0, missing: 0 })
  }
  return targets.reduce((sum, target) => sum + target.total(metric), 0)
}

test('however long the names of groups are, each message can be read', () => {
  const config = configOf([{ name: 'm', by: ['product', 'kind'] }])
  const source = new Source(0, () => config)
  const name = (i: number): string => '\u0001'.repeat(190) + i
  const rows = Array.from({ length: 1500 }, (_, i): Order => ({
    shop: 'a',
    product: name(i),
    kind: name(i),
    price: 1,
  }))
  for (let i = 0; i < rows.length; i += 250) source.orders(START + i, rows.slice(i, i + 250))
  source.tick(START + 15 * S)
  const longest = Math.max(...source.sent.map(({ message }) => JSON.stringify(message).length))
  expect(longest).toBeLessThan(MAX_ENTRY_BYTES / 4)
  expect(counted(source.sent, config, 'm')).toBe(1500)
})

test('many different values of many groups, too', () => {
  const config = configOf([{ name: 'm', by: ['product'], stats: ['distinct', 'p99', 'count'] }])
  const source = new Source(0, () => config)
  for (let i = 0; i < 40; i++) {
    const rows = Array.from({ length: 500 }, (_, k): Order => {
      const n = i * 500 + k
      return { shop: 'a', product: `p${n % 100}`, price: 1.03 ** (n / 100) }
    })
    source.orders(START + i, rows)
  }
  source.tick(START + 15 * S)
  const longest = Math.max(...source.sent.map(({ message }) => JSON.stringify(message).length))
  expect(longest).toBeLessThan(MAX_ENTRY_BYTES / 8)
  expect(counted(source.sent, config, 'm')).toBe(20_000)
})

test('more groups than a source can tell apart come through one after the other', () => {
  const config = configOf([{ name: 'm', by: ['product'] }])
  const source = new Source(0, () => config)
  const groups = MAX_GROUPS + 2000
  for (let i = 0; i < groups; i += 500) {
    const rows = Array.from({ length: 500 }, (_, k): Order => ({ shop: 'a', product: `p${i + k}`, price: 1 }))
    source.orders(START + i / 500, rows)
  }
  source.tick(START + 15 * S)
  const keys = source.sent.flatMap(({ message }) => message.pieces.flatMap((piece) => piece.keys))
  expect(keys).not.toContain('["__other__"]')
  expect(new Set(keys).size).toBe(groups)
  expect(counted(source.sent, config, 'm')).toBe(groups)
})

test('a source that never rests is known to all within a turn', () => {
  const config = configOf([{ name: 'm', by: ['product'] }], 8)
  const source = new Source(0, () => config)
  for (let ms = 0; ms < 25 * S; ms += 500)
    source.orders(START + ms, [{ shop: 'a', product: 'one', price: 1 }])
  expect(new Set(source.sent.map(({ partition }) => partition)).size).toBe(8)
  // Who has no group of its own hears all the same how far it has come.
  const heard = Array.from({ length: 8 }, (_, to) => source.sent.filter(({ partition }) => partition === to))
  for (const some of heard) expect(some.at(-1)!.message.now).toBe(START / (10 * S) + 2)
})
