/** A small stream for tests of the input side. */
import type { CompiledStream } from '../config/compiled.ts'

export function tradesStream(changes: Partial<CompiledStream> = {}): CompiledStream {
  return {
    name: 'trades',
    key: 'pair',
    time: 'at',
    clock: 'live',
    lateness: 60_000,
    disorder: 0,
    partitions: 8,
    retention: { age: 86_400_000, bytes: 64 * 1024 * 1024 },
    schema: {
      type: 'object',
      properties: {
        at: { type: 'number' },
        pair: { type: 'string' },
        volume: { type: 'number', minimum: 0 },
        side: { enum: ['buy', 'sell'] },
        note: { type: 'string' },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['at', 'pair', 'volume'],
    },
    schemaVersion: 's1',
    ...changes,
  }
}

export const trade = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  at: 1_700_000_000_000,
  pair: 'BTC-EUR',
  volume: 2.5,
  ...changes,
})
