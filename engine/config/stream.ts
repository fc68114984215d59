/** `stream()`: declares events of one kind by their schema, and gives the metrics over them their types. */
import type { Clock } from './compiled.ts'
import type { Duration } from './duration.ts'
import type { Fields, Metric, MetricOf, MetricSpec, NumberField, ScalarField, WindowSpec } from './metric.ts'
import { callerOf, type Source } from './source.ts'

export interface StreamSpec<F extends Fields, Key extends string, Time extends string> {
  schema: F
  /** Field whose value chooses the partition: all events of one value are counted in one place. */
  key: Key
  /** Number field with the event time, ms since 1970; without it an event's time is when it was logged. */
  time?: Time
  /** `live` (default): windows end now. `event`: history is being loaded, windows end at the newest event. */
  clock?: Clock
  /** How late an event may come and still amend its window; default 5m. */
  lateness?: Duration
  /** How far out of order events normally come; windows are read this much behind. Default 2s. */
  disorder?: Duration
  /** Fixed once the stream exists; default 8. */
  partitions?: number
  /** What the log keeps per partition, whichever is less; default 24h and 64MB. */
  retention?: { age?: Duration; bytes?: `${number}${'KB' | 'MB' | 'GB'}` }
}

export interface Stream<F extends Fields = Fields, Scalar extends string = string> {
  readonly kind: 'stream'
  readonly name: string
  readonly spec: Readonly<Record<string, unknown>>
  readonly source: Source | null
  /** Declares a named measure over this stream. The name is unique over the whole config. */
  metric<
    const S extends string,
    const Win extends WindowSpec,
    const By extends Scalar = never,
    const Of extends Scalar = never,
    W = unknown,
    A = unknown,
  >(
    name: string,
    spec: MetricSpec<F, By, Of, W, A, S, Win>,
  ): MetricOf<By, S, Win>
}

/**
 * Declares a stream. Nothing is checked here but by the compiler: `defineConfig` and `weir check` report every
 * mistake at once, each with the place it was made.
 */
export function stream<
  const F extends Fields,
  Key extends ScalarField<F>,
  Time extends NumberField<F> = never,
>(name: string, spec: StreamSpec<F, Key, Time>): Stream<F, ScalarField<F>> {
  const declared = {
    kind: 'stream' as const,
    name,
    spec: plain(spec),
    source: callerOf(stream),
    metric: function metric(metricName: string, metricSpec: object): Metric {
      const written = plain(metricSpec)
      return {
        kind: 'metric',
        name: metricName,
        stream: declared,
        by: list(written['by']) as string[],
        stats: list(written['stats']) as Metric['stats'],
        windows: list(written['windows']) as string[],
        spec: written,
        source: callerOf(metric),
      }
    },
  }
  return declared as Stream<F, ScalarField<F>>
}

/** What was written, whatever it is: configs in plain JavaScript get here unchecked. */
export function plain(spec: unknown): Record<string, unknown> {
  return spec !== null && typeof spec === 'object' ? { ...spec } : {}
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
