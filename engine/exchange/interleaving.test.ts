/** However messages interleave on their way, and wherever a worker restarts, merged windows have the same bits. */
import { expect, test } from 'vitest'
import { seeded } from '../../test/chaos/random.ts'
import type { Outputs } from '../commit/folding.ts'
import { compile } from '../config/compile.ts'
import { defineConfig, stream, t, threshold } from '../config/authoring.ts'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import { decode } from '../event/decode.ts'
import type { Entry } from '../event/entry.ts'
import { PartitionFold } from '../fold.ts'
import { ticks } from '../replay/partition-run.ts'
import { logsOf } from '../replay/simulated-log.ts'
import { restarted } from '../exchange.fixture.ts'
import { MergeFold } from './merge-fold.ts'

const START = Date.UTC(2026, 0, 5, 10)
const SPAN = 2 * 60_000
const PARTITIONS = 4

interface Sent {
  ms: number
  source: number
  one: Outputs['partials'][number]
}

test('random delays and restarts change nothing', { timeout: 120_000 }, () => {
  for (let seed = 1; seed <= 2; seed++) {
    const random = randomFrom(seed)
    const config = compiled()
    const sent = sentBy(config, random, 0)
    expect(sent.length).toBeGreaterThan(200)
    // A source that restarts sends the same.
    expect(sentBy(config, randomFrom(seed), 0.05)).toEqual(sent)
    const plain = merged(config, sent, () => 0, 0)
    expect(plain.closed.size).toBeGreaterThan(10)
    expect(plain.told.length).toBeGreaterThan(0)
    for (let run = 0; run < 2; run++) {
      const delayed = merged(config, sent, () => 100 + random() * 5000, run === 0 ? 0 : 0.03)
      expect(delayed).toEqual(plain)
    }
  }
})

function compiled(): CompiledConfig {
  const schema = { at: t.Number(), shop: t.String(), product: t.String(), price: t.Number() }
  const orders = stream('orders', { key: 'shop', time: 'at', lateness: '5s', partitions: PARTITIONS, schema })
  const windows = ['1m', '5m'] as const
  const product = orders.metric('product', {
    by: ['product'],
    of: 'price',
    stats: ['count', 'sum', 'stddev', 'min', 'p95'],
    windows: [...windows],
  })
  const rules = [threshold(product, { stat: 'sum', window: '1m', above: 30, for: '20s' })]
  return compile(defineConfig({ rules }), { checkFile: () => null }).config
}

/** What the partitions send, each restarted from a snapshot with probability `restarts` at an entry. */
function sentBy(config: CompiledConfig, random: () => number, restarts: number): Sent[] {
  const [base] = config.streams.filter(({ name }) => name === 'orders') as [CompiledStream]
  const arrivals = Array.from({ length: 800 }, (_, i) => {
    const ms = START + Math.floor((i * SPAN) / 800)
    const late = random() < 0.2 ? random() * 40_000 : random() * 1500
    const [shop, product] = [`shop-${Math.floor(random() * 30)}`, `p${Math.floor(random() * 3)}`]
    return { ms, row: { at: ms - late, shop, product, price: random() }, origin: '' }
  })
  const chance = randomFrom(99)
  const sent: Sent[] = []
  for (const [source, log] of logsOf(base, arrivals).entries()) {
    const make = (): PartitionFold => new PartitionFold('orders', source, '1-0', () => config)
    const kept = new Map<string, Buffer>()
    let fold: PartitionFold = make()
    const step = (entry: Entry): void => {
      fold.step(entry)
      for (const one of fold.take().partials) sent.push({ ms: entry.ms, source, one })
    }
    let now = START
    const pass = (until: number): void => {
      for (const tick of ticks(fold, now, until)) step(tick)
      now = until
    }
    for (const [id, fields] of log) {
      const entry = decode(id, fields)
      if (chance() < restarts) fold = restarted(fold, make(), kept)
      pass(entry.ms)
      step(entry)
    }
    pass(START + SPAN + 30_000)
  }
  return sent.sort((a, b) => a.ms - b.ms)
}

/** What the merged partitions put out; `delay`: ms from a source to its target, in order per source. */
function merged(
  config: CompiledConfig,
  sent: Sent[],
  delay: () => number,
  restarts: number,
): { closed: Map<string, (number | null)[]>; told: string[] } {
  const chance = randomFrom(7)
  const arrivesAt = new Map<number, number>()
  const arriving = sent
    .map(({ ms, source, one }) => {
      const at = Math.max(arrivesAt.get(source) ?? 0, Math.floor(ms + delay()))
      arrivesAt.set(source, at)
      return { at, source, one }
    })
    .sort((a, b) => a.at - b.at)
  // The last word on every pane: before all sources are known, amendments may come in other portions.
  const closed = new Map<string, (number | null)[]>()
  const told: string[] = []
  for (let target = 0; target < PARTITIONS; target++) {
    const make = (): MergeFold => new MergeFold('orders~all', target, '1-0', () => config)
    const kept = new Map<string, Buffer>()
    let fold = make()
    const numbers = new Map<number, number>()
    for (const [i, { at, source, one }] of arriving.entries()) {
      if (one.partition !== target) continue
      if (chance() < restarts) fold = restarted(fold, make(), kept)
      const seq = numbers.get(source) ?? 0
      numbers.set(source, seq + 1)
      const from = `x:orders.${source}`
      fold.step({
        id: `${at}-${i}`,
        ms: at,
        kind: 'partial',
        from,
        seq,
        control: '1-0',
        message: one.message,
      })
      const outputs = fold.take()
      for (const block of outputs.closed) {
        for (const [k, group] of block.groups.entries())
          closed.set(
            `${block.rung} ${block.at} ${group}`,
            block.values.map((column) => column[k]!),
          )
      }
      for (const { change } of outputs.told) told.push(JSON.stringify({ ...change, evidence: null }))
    }
    expect(fold.small()).toMatchObject({ dead: 0, late: 0, missing: 0, duplicate: 0 })
  }
  return { closed, told: told.sort() }
}

function randomFrom(seed: number): () => number {
  const random = seeded(seed)
  return () => random.next()
}
