/** Sources and targets of a merged stream driven entry by entry, for tests. */
import type { Fold, Outputs } from './commit/folding.ts'
import { defineConfig, stream, t, threshold } from './config/authoring.ts'
import { compile } from './config/compile.ts'
import type { CompiledConfig } from './config/compiled.ts'
import { decode } from './event/decode.ts'
import { batchFields, partialFields } from './event/entry.ts'
import { PartitionFold } from './fold.ts'
import { MergeFold } from './exchange/merge-fold.ts'

export const START = Date.UTC(2026, 0, 5, 10)

export interface Order {
  shop: string
  product: string
  kind?: string
  price: number
  /** Event time, ms; that of the entry where absent. */
  at?: number
}

export interface Measure {
  name: string
  by: ('product' | 'kind')[]
  stats?: ('count' | 'sum' | 'stddev' | 'p95' | 'p99' | 'distinct')[]
  /** Fires above this count of a minute. */
  above?: number
}

/** Orders by shop, measured by other fields. */
export function configOf(measures: Measure[], partitions = 2): CompiledConfig {
  const orders = stream('orders', {
    key: 'shop',
    time: 'at',
    lateness: '10s',
    partitions,
    schema: {
      at: t.Number(),
      shop: t.String(),
      product: t.String({ maxLength: 1000 }),
      kind: t.String({ maxLength: 1000 }),
      price: t.Number(),
    },
  })
  const metrics = measures.map(({ name, by, stats = ['count', 'sum'] }) =>
    orders.metric(name, { by, of: 'price', stats, windows: ['1m'], series: ['10s'] }),
  )
  const rules = measures.flatMap(({ above }, i) =>
    above === undefined ? [] : [threshold(metrics[i]!, { stat: 'count', window: '1m', above })],
  )
  const { config, mistakes } = compile(defineConfig({ metrics, rules }), { checkFile: () => null })
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes))
  return config
}

export type Sent = Outputs['partials'][number] & { ms: number; source: number }

/** One partition of orders; `sent` holds what it has told so far. */
export class Source {
  readonly fold: PartitionFold
  readonly sent: Sent[] = []
  private readonly partition: number
  private seq = 0
  private entries = 0

  constructor(partition: number, resolve: (control: string) => CompiledConfig) {
    this.partition = partition
    this.fold = new PartitionFold('orders', partition, '1-0', resolve)
  }

  /** One entry. `ms`: log time. */
  orders(ms: number, rows: readonly Order[]): void {
    const columns = {
      at: rows.map(({ at }) => at ?? ms),
      shop: rows.map(({ shop }) => shop),
      product: rows.map(({ product }) => product),
      kind: rows.map(({ kind }) => kind ?? ''),
      price: rows.map(({ price }) => price),
    }
    this.step(ms, batchFields('test', this.seq, rows.length, 'x', 0, JSON.stringify(columns)))
    this.seq += rows.length
  }

  tick(ms: number): void {
    this.step(ms, ['weir', 'tick/1'])
  }

  mark(ms: number, control: string): void {
    this.step(ms, ['weir', 'control/1', 'id', control])
  }

  private step(ms: number, fields: string[]): void {
    this.fold.step(decode(`${ms}-${this.entries++}`, fields))
    for (const one of this.fold.take().partials) this.sent.push({ ...one, ms, source: this.partition })
  }
}

/** One partition of the merged stream; `closed` holds the last word on every pane and group. */
export class Target {
  fold: MergeFold
  /** Values by column, by `<metric> <pane> <group>`. */
  readonly closed = new Map<string, Record<string, number | null>>()
  readonly told: Outputs['told'] = []
  private readonly make: () => MergeFold
  private readonly seq = new Map<number, number>()
  private readonly blocks = new Map<string, Buffer>()
  private entries = 0

  constructor(partition: number, resolve: (control: string) => CompiledConfig) {
    this.make = () => new MergeFold('orders~all', partition, '1-0', resolve)
    this.fold = this.make()
  }

  /** What `one` becomes on the wire, read again. */
  hear(one: Sent, ms = one.ms): void {
    const seq = this.seq.get(one.source) ?? 0
    this.seq.set(one.source, seq + 1)
    this.raw(ms, partialFields(`x:orders.${one.source}`, seq, one.control, JSON.stringify(one.message)))
  }

  tick(ms: number): void {
    this.raw(ms, ['weir', 'tick/1'])
  }

  mark(ms: number, control: string): void {
    this.raw(ms, ['weir', 'control/1', 'id', control])
  }

  raw(ms: number, fields: string[]): void {
    this.fold.step(decode(`${ms}-${this.entries++}`, fields))
    const { closed, told } = this.fold.take()
    this.told.push(...told)
    for (const { metric, at, groups, columns, values } of closed) {
      for (const [i, group] of groups.entries())
        this.closed.set(
          `${metric} ${at} ${group}`,
          Object.fromEntries(columns.map((column, k) => [column, values[k]![i]!])),
        )
    }
  }

  restart(): void {
    this.fold = restarted(this.fold, this.make(), this.blocks)
  }

  /** Sum of a column over all panes and groups of a metric. */
  total(metric: string, column = 'count'): number {
    let sum = 0
    for (const [name, values] of this.closed) if (name.startsWith(`${metric} `)) sum += values[column] ?? 0
    return sum
  }
}

/** `fresh` as a restart makes it: from the blocks of all rounds so far. */
export function restarted<F extends Fold>(fold: F, fresh: F, kept: Map<string, Buffer>): F {
  const { changed, names } = fold.snapshot()
  for (const [name, bytes] of changed) kept.set(name, bytes)
  for (const name of kept.keys()) if (!names.includes(name)) kept.delete(name)
  fresh.restore(kept)
  return fresh
}
