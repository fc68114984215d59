/** What a merged stream makes of its sources: restarts, changes of config, sources that are away, a log that is ahead. */
import { expect, test } from 'vitest'
import type { CompiledConfig } from '../config/compiled.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import { configOf, type Measure, type Order, type Sent, Source, START, Target } from '../exchange.fixture.ts'

const S = 1000
const M: Measure = { name: 'm', by: ['product'] }
const config = configOf([M])
/** Where the group of all events does not live. */
const OTHER = 1 - partitionOf('[]', 2)
const products = Array.from({ length: 40 }, (_, i) => `p${i}`).filter(
  (product) => partitionOf(JSON.stringify([product]), 2) === OTHER,
)
const order = (product: string, at?: number): Order => ({ shop: 'a', product, price: 1, ...(at && { at }) })
const pane = (s: number, product: string, metric = 'm'): string => `${metric} ${START + s * S} ["${product}"]`

/** Hands over what was sent up to `until`, in order; returns the rest. */
function deliver(target: Target, sent: Sent[], until = Number.POSITIVE_INFINITY): void {
  while (sent.length > 0 && sent[0]!.ms <= until) {
    const one = sent.shift()!
    if (one.partition === OTHER) target.hear(one)
  }
}

/** Lets all come to rest. `s`: when, seconds. */
function finish(target: Target, sources: Source[], s: number): void {
  for (let at = START + s * S; at <= START + (s + 120) * S; at += 10 * S) {
    for (const source of sources) {
      source.tick(at)
      deliver(target, source.sent)
    }
    target.tick(at + 5 * S)
  }
}

test('groups that come after a restart do not fall together with those before', () => {
  const source = new Source(0, () => config)
  const target = new Target(OTHER, () => config)
  for (const [i, product] of products.entries()) {
    source.orders(START + i * S, [order(product)])
    deliver(target, source.sent)
    target.restart()
  }
  finish(target, [source], products.length)
  for (const i of products.keys()) {
    const at = Math.floor(i / 10) * 10
    expect(target.closed.get(pane(at, products[i]!))).toMatchObject({ count: 1 })
  }
  expect(target.total('m')).toBe(products.length)
})

test('metrics come and go while events run; the one that stays counts every event once', () => {
  const [p] = products as [string]
  const configs: Record<string, CompiledConfig> = {
    '1-0': config,
    '2-0': configOf([M, { name: 'more', by: ['product'] }]),
    '3-0': configOf([M, { name: 'more', by: ['product'], stats: ['count', 'stddev'] }]),
    '4-0': config,
    '5-0': configOf([M, { name: 'more', by: ['product'] }]),
  }
  const resolve = (id: string): CompiledConfig => configs[id]!
  const sources = [0, 1].map((partition) => new Source(partition, resolve))
  const target = new Target(OTHER, resolve)
  const at = (s: number): number => START + s * S
  for (let s = 0; s < 100; s++) {
    for (const [i, source] of sources.entries()) {
      source.orders(at(s), [order(p)])
      // Every 20 s the next config, seen at different times by everybody.
      const change = 2 + (s - 20 - 3 * i) / 20
      if (s >= 20 && Number.isInteger(change) && change <= 5) source.mark(at(s) + 500, `${change}-0`)
      deliver(target, source.sent)
    }
    const change = 2 + (s - 22) / 20
    if (s >= 22 && Number.isInteger(change) && change <= 5) target.mark(at(s) + 700, `${change}-0`)
  }
  finish(target, sources, 101)
  expect(target.fold.small()).toMatchObject({ control: '5-0', dead: 0, late: 0 })
  expect(target.total('m')).toBe(200)
  expect(target.closed.get(pane(90, p, 'more'))).toMatchObject({ count: 20 })
})

test('a marker that is older than what a source has told of changes nothing', () => {
  const more = configOf([M, { name: 'more', by: ['product'] }])
  const resolve = (id: string): CompiledConfig => (id === '3-0' ? more : config)
  const sources = [0, 1].map((partition) => new Source(partition, resolve))
  const target = new Target(OTHER, resolve)
  for (const source of sources) {
    source.mark(START, '3-0')
    source.orders(START + S, [order(products[0]!)])
    source.tick(START + 2 * S)
    deliver(target, source.sent)
  }
  target.mark(START + 3 * S, '2-0')
  finish(target, sources, 4)
  expect(target.total('more')).toBe(2)
})

test('events older than the first ones of a log are not late for having come first', () => {
  const source = new Source(0, () => config)
  const target = new Target(OTHER, () => config)
  source.orders(START, [order(products[0]!, START - 300 * S)])
  for (let s = 0; s < 40; s++) source.orders(START + s * S + 1, [order(products[0]!)])
  finish(target, [source], 40)
  expect(target.fold.small()).toMatchObject({ late: 0 })
  expect(target.total('m')).toBe(41)
})

test('what a source gains that was away for minutes still counts', () => {
  const sources = [0, 1].map((partition) => new Source(partition, () => config))
  const target = new Target(OTHER, () => config)
  for (let s = 0; s < 240; s++) {
    for (const source of sources) source.orders(START + s * S, [order(products[0]!)])
    deliver(target, sources[0]!.sent)
    // The second is away from second 20 on.
    deliver(target, sources[1]!.sent, START + 20 * S)
  }
  expect(target.fold.excuse).toMatchObject({ verdict: 'unknown' })
  for (const one of sources[1]!.sent.filter(({ partition }) => partition === OTHER))
    target.hear(one, START + 240 * S)
  sources[1]!.sent.length = 0
  finish(target, sources, 241)
  expect(target.fold.small()).toMatchObject({ late: 0 })
  expect(target.total('m')).toBe(480)
})

test('an id far ahead in its log moves nothing', () => {
  const source = new Source(0, () => config)
  const target = new Target(OTHER, () => config)
  const run = (from: number, to: number, ms = (s: number) => START + s * S): void => {
    for (let s = from; s < to; s++) {
      source.orders(START + s * S, [order(products[0]!)])
      for (const one of source.sent.splice(0)) if (one.partition === OTHER) target.hear(one, ms(s))
    }
  }
  run(0, 15)
  const ahead = START + 86_400 * S
  target.raw(ahead, ['weir', 'partial/1', 'from', 'a stranger'])
  // Its owner says so in the log, which stands at that id from now on.
  expect(target.fold.minds(true)).toBe(true)
  for (let s = 15; s < 60; s++) {
    target.raw(ahead, ['weir', 'clock/1', 'is', 'ahead', 'at', String(START + s * S)])
    run(s, s + 1, () => ahead)
  }
  expect(target.fold.turned).toBe(Math.floor((START + 50 * S) / (10 * S)))
  expect(target.closed.get(pane(40, products[0]!))).toMatchObject({ count: 10 })
  expect(target.fold.small()).toMatchObject({ dead: 1, late: 0 })
})
