/**
 * The internal stream in which the partitions of a stream meet: metrics whose groups are spread over partitions
 * (grouped by other fields than the key, or totals) are folded per partition first, and merged there.
 */
import type { CompiledMetric, CompiledStream } from './compiled.ts'

/** No stream can be declared with this name: `~` is not allowed in one. */
export function mergedName(stream: string): string {
  return `${stream}~all`
}

/** `streams`, with a merged one after each that a metric needs it for. */
export function withMerged(
  streams: readonly CompiledStream[],
  metrics: readonly CompiledMetric[],
): CompiledStream[] {
  return streams.flatMap((stream) => {
    const name = mergedName(stream.name)
    const needed = metrics.some((metric) => metric.stream === name)
    return needed ? [stream, { ...stream, name, merges: stream.name }] : [stream]
  })
}

export function isMerged(stream: string): boolean {
  return stream.endsWith('~all')
}

/** The streams that people declared. */
export function declared(streams: readonly CompiledStream[]): CompiledStream[] {
  return streams.filter(({ merges }) => merges === undefined)
}
