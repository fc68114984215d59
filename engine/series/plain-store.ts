/** Series in plain Redis: a hash per metric, rung, group and stretch of time, one field per pane. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import type { Rung } from '../config/compiled.ts'
import { RUNG_MS } from '../config/window.ts'
import type { PartitionKeys } from '../stream/keys.ts'
import { directoryKey, groupName, indexKey, seriesName, seriesPrefix, stateKey } from './names.ts'
import { cutPieces, type Piece } from './piece.ts'
import { readableSpan, readGroups } from './span.ts'
import { SERIES_COLUMNS, type SeriesColumn, type SeriesStore, type Slice } from './store.ts'

/** Panes per hash: few enough for Redis to keep it compact, enough for an hour of 10 s panes. */
const CHUNK_PANES = 360
/** A key, three arguments, and a group with its time and chunk end. */
const ARGS_PER_ROW = 7

const DRAIN = readFileSync(new URL('./drain-plain.lua', import.meta.url), 'utf8')
type Drain = (...args: (string | number)[]) => Promise<[verdict: 'OK' | 'FENCED', refused: number]>

/** The store on a server without RedisTimeSeries. `redis` should reject, not resend, when its connection is lost. */
export function createPlainStore(redis: Redis): SeriesStore {
  redis.defineCommand('weirDrainPlain', { lua: DRAIN })
  const drainPiece = (redis as unknown as { weirDrainPlain: Drain }).weirDrainPlain.bind(redis)

  return {
    name: 'plain Redis',
    drain: async (keys, token, slice) => {
      let refused = 0
      for (const piece of cutPieces(slice, ARGS_PER_ROW)) {
        const [verdict, rows] = await drainPiece(...drainArgs(keys, token, slice, piece))
        if (verdict === 'FENCED') return { verdict, refused: 0 }
        refused += rows
      }
      return { verdict: 'OK', refused }
    },
    groups: (keys, metric) => readGroups(redis, keys, metric),
    range: async (keys, metric, rung, group, columns, from, to) => {
      const span = await readableSpan(redis, keys, metric, rung, from, to)
      if (span === null) return { at: [], values: columns.map(() => []) }
      const prefix = seriesPrefix(keys, metric, rung)
      const commands: string[][] = []
      const lastChunk = chunkOf(paneOf(span.to - 1, rung))
      for (let chunk = chunkOf(paneOf(span.from, rung)); chunk <= lastChunk; chunk++)
        commands.push(['hgetall', `${prefix}${groupName(group)}:${chunk}`])
      const replies = await redis.pipeline(commands).exec()
      const points = (replies ?? []).flatMap(([error, fields]) => {
        if (error !== null) throw error
        return Object.entries(fields as Record<string, string>)
      })
      return select(points, columns, RUNG_MS[rung], span)
    },
  }
}

function drainArgs(keys: PartitionKeys, token: string, slice: Slice, piece: Piece): (string | number)[] {
  const { metric, rung, retention, field, last, columns } = slice
  const prefix = seriesPrefix(keys, metric, rung)
  const chunks = new Map<string, { number: number; end: number }>()
  const rows = piece.rows.flatMap(({ group, at, values }) => {
    const pane = paneOf(at, rung)
    const key = `${prefix}${groupName(piece.groups[group]!.key)}:${chunkOf(pane)}`
    const end = (chunkOf(pane) + 1) * CHUNK_PANES * RUNG_MS[rung]
    const chunk = chunks.get(key) ?? { number: chunks.size + 1, end }
    chunks.set(key, chunk)
    return [chunk.number, pane, csv(columns, values)]
  })
  const fixed = [
    keys.meta,
    keys.pend,
    stateKey(keys),
    directoryKey(keys, metric),
    indexKey(keys, metric, rung),
  ]
  return [
    fixed.length + chunks.size,
    ...fixed,
    ...chunks.keys(),
    token,
    last && piece.last ? field : '',
    seriesName(metric, rung),
    piece.newest,
    retention,
    RUNG_MS[rung],
    prefix,
    piece.groups.length,
    ...piece.groups.flatMap(({ key, newest }) => [key, newest]),
    chunks.size,
    ...[...chunks.values()].map(({ end }) => end),
    ...rows,
  ]
}

/** Values in the order of SERIES_COLUMNS, so that a point means the same whatever columns it was written with. */
function csv(columns: SeriesColumn[], values: string[]): string {
  return SERIES_COLUMNS.map((column) => values[columns.indexOf(column)] ?? '')
    .join(',')
    .replace(/,+$/, '')
}

function select(
  points: [pane: string, csv: string][],
  columns: SeriesColumn[],
  size: number,
  span: { from: number; to: number },
): { at: number[]; values: (number | null)[][] } {
  const places = columns.map((column) => SERIES_COLUMNS.indexOf(column))
  const read = points
    .map(([pane, text]) => {
      const all = text.split(',')
      return { at: Number(pane) * size, values: places.map((place) => numberOf(all[place])) }
    })
    .filter(({ at, values }) => at >= span.from && at < span.to && values.some((value) => value !== null))
    .sort((a, b) => a.at - b.at)
  return { at: read.map(({ at }) => at), values: columns.map((_, i) => read.map(({ values }) => values[i]!)) }
}

function numberOf(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text)
}

function paneOf(at: number, rung: Rung): number {
  return Math.floor(at / RUNG_MS[rung])
}

function chunkOf(pane: number): number {
  return Math.floor(pane / CHUNK_PANES)
}
