/** Series in RedisTimeSeries: a time series per metric, rung, group and column. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import type { Rung } from '../config/compiled.ts'
import type { PartitionKeys } from '../stream/keys.ts'
import { directoryKey, expiryKey, groupName, seriesName, seriesPrefix, stateKey } from './names.ts'
import { cutPieces, type Piece } from './piece.ts'
import { readableSpan, readGroups } from './span.ts'
import { SERIES_COLUMNS, type SeriesColumn, type SeriesStore, type Slice } from './store.ts'

const DRAIN = readFileSync(new URL('./drain-timeseries.lua', import.meta.url), 'utf8')
type Drain = (...args: (string | number)[]) => Promise<[verdict: 'OK' | 'FENCED', refused: number]>

/** A sample as RedisTimeSeries answers: the value is text, shortest form that reads back the same. */
type Sample = [at: number, value: string]

/** The store on a server with the module. `redis` must speak RESP2 and reject, not resend, when it loses its connection. */
export function createTimeSeriesStore(redis: Redis, version: string): SeriesStore {
  redis.defineCommand('weirDrainTimeSeries', { lua: DRAIN })
  const drainPiece = (redis as unknown as { weirDrainTimeSeries: Drain }).weirDrainTimeSeries.bind(redis)

  return {
    name: `RedisTimeSeries ${version}`.trim(),
    drain: async (keys, token, slice) => {
      let refused = 0
      for (const piece of cutPieces(slice, 2 * slice.columns.length + 4)) {
        const [verdict, samples] = await drainPiece(...drainArgs(keys, token, slice, piece))
        if (verdict === 'FENCED') return { verdict, refused: 0 }
        refused += samples
      }
      return { verdict: 'OK', refused }
    },
    groups: (keys, metric) => readGroups(redis, keys, metric),
    range: async (keys, metric, rung, group, columns, from, to) => {
      const span = await readableSpan(redis, keys, metric, rung, from, to)
      if (span === null) return { at: [], values: columns.map(() => []) }
      const commands = columns.map((column) => {
        return [
          'TS.RANGE',
          columnKey(keys, metric, rung, group, column),
          String(span.from),
          String(span.to - 1),
        ]
      })
      const replies = await redis.pipeline(commands.map((command) => ['call', ...command])).exec()
      return join((replies ?? []).map(([error, samples]) => samplesOf(error, samples as Sample[])))
    },
  }
}

function drainArgs(keys: PartitionKeys, token: string, slice: Slice, piece: Piece): (string | number)[] {
  const { metric, rung, retention, columns, field, last } = slice
  const series = piece.groups.flatMap(({ key }) =>
    columns.map((column) => columnKey(keys, metric, rung, key, column)),
  )
  const fixed = [
    keys.meta,
    keys.pend,
    stateKey(keys),
    directoryKey(keys, metric),
    expiryKey(keys, metric, rung),
  ]
  return [
    fixed.length + series.length,
    ...fixed,
    ...series,
    token,
    last && piece.last ? field : '',
    seriesName(metric, rung),
    piece.newest,
    retention,
    seriesPrefix(keys, metric, rung),
    label(metric),
    rung,
    SERIES_COLUMNS.join(','),
    columns.length,
    piece.groups.length,
    ...piece.groups.flatMap(({ key, newest }) => [key, newest]),
    ...piece.rows.flatMap(({ group, at, values }) => [group + 1, at, ...values]),
  ]
}

/** No such series is no samples: columns appear with their first value. */
function samplesOf(error: Error | null, samples: Sample[]): Sample[] {
  if (error === null) return samples
  if (/key does not exist/.test(error.message)) return []
  throw error
}

/** Columns side by side over the union of their times. */
function join(columns: Sample[][]): { at: number[]; values: (number | null)[][] } {
  const at = [...new Set(columns.flatMap((samples) => samples.map(([time]) => time)))].sort((a, b) => a - b)
  const place = new Map(at.map((time, i) => [time, i]))
  const values = columns.map((samples) => {
    const column: (number | null)[] = at.map(() => null)
    for (const [time, value] of samples) column[place.get(time)!] = Number(value)
    return column
  })
  return { at, values }
}

function columnKey(
  keys: PartitionKeys,
  metric: string,
  rung: Rung,
  group: string,
  column: SeriesColumn,
): string {
  return `${seriesPrefix(keys, metric, rung)}${groupName(group)}:${column}`
}

/** Label values may not be empty nor hold ( ) , so these are percent-encoded. */
function label(text: string): string {
  if (text === '') return '%00'
  return text.replaceAll(/[%(),]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
