import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { AlertFold } from './alert/alert-fold.ts'
import type { Fold, Small } from './commit/folding.ts'
import type { CompiledConfig } from './config/compiled.ts'
import { decode } from './event/decode.ts'
import { PartitionFold } from './fold.ts'
import { agreement } from './commit/agreement.ts'
import { FOLD_VERSION } from './fold-version.ts'

/** What version 1 kept of one partition. */
interface Kept {
  /** Name to bytes, base64, as `fold.snapshot()` gave them. */
  blocks: Record<string, string>
  /** Raw entries after the snapshot, up to the committed position. */
  log: [id: string, fields: string[]][]
  /** As committed after `log`. */
  small: string
}

/**
 * Made by the code of version 1 (Weir 0.1.0 of November 2026) from a log of four minutes: two producers with a
 * hole and a duplicate, flat, rejected, late and dead rows, ticks, a change of config from one metric to four and
 * from two rules to four (threshold with `for`, spike, ratio, noData); and from what that told, the alerts.
 * It cannot be made again by later code, and must not be: it stands for what users have in their Redis.
 */
const v1 = JSON.parse(
  gunzipSync(readFileSync(new URL('snapshot-v1.fixture.json.gz', import.meta.url))).toString(),
) as { configs: Record<string, CompiledConfig>; partition: Kept; alerts: Kept }

function recovered(fold: Fold, kept: Kept): Fold {
  fold.restore(new Map(Object.entries(kept.blocks).map(([name, b64]) => [name, Buffer.from(b64, 'base64')])))
  for (const [id, fields] of kept.log) fold.step(decode(id, fields))
  return fold
}
const partitionFold = (): PartitionFold =>
  new PartitionFold('s', 0, '1-0', (id) => v1.configs[id] ?? v1.configs['1-0']!)

test.each([
  ['a partition', () => recovered(partitionFold(), v1.partition), v1.partition, partitionFold],
  ['the alerts', () => recovered(new AlertFold('1-0'), v1.alerts), v1.alerts, () => new AlertFold('1-0')],
] as const)(
  '%s as version 1 left it: loaded, replayed, found the same, and kept in this version',
  (_, recover, kept, fresh) => {
    const fold = recover()
    expect(agreement(kept.small, fold.small(), kept.log.length)).toBe('same')
    expect(fold.small().version).toBe(FOLD_VERSION)
    const again = fresh()
    again.restore(rewritten(fold, kept))
    expect(again.small()).toEqual(fold.small())
  },
)

/** Blocks after the next round: those that did not change are still the ones of version 1. */
function rewritten(fold: Fold, kept: Kept): Map<string, Buffer> {
  const { changed, names } = fold.snapshot()
  return new Map(
    names.map((name) => [name, changed.get(name) ?? Buffer.from(kept.blocks[name]!, 'base64')] as const),
  )
}

test('state of an older version: its own fields must agree, the outputs of what was replayed may not', () => {
  const arrived = recovered(partitionFold(), v1.partition).small()
  const old = (change: Partial<Small>): string =>
    JSON.stringify({ ...(JSON.parse(v1.partition.small) as Small), ...change })
  expect(agreement(old({ chain: 'another' }), arrived, 22)).toBe('changed')
  expect(agreement(old({ chain: 'another' }), arrived, 0)).toBe('different')
  expect(agreement(old({ counted: 1 }), arrived, 22)).toBe('different')
})

test('state of this version must agree in everything, and that of a newer one is left alone', () => {
  const arrived = recovered(partitionFold(), v1.partition).small()
  const now = (change: Partial<Small>): string => JSON.stringify({ ...arrived, ...change })
  expect(agreement(now({}), arrived, 5)).toBe('same')
  expect(agreement(now({ chain: 'another' }), arrived, 5)).toBe('different')
  expect(() => agreement(now({ version: 3 }), arrived, 5)).toThrow('a newer Weir wrote this')
})

test('a pane block of a newer version is left alone too', () => {
  const blocks = new Map(
    Object.entries(v1.partition.blocks).map(([name, b64]) => [name, Buffer.from(b64, 'base64')]),
  )
  const [name, bytes] = [...blocks].find(([block]) => block !== 'header')!
  const changed = Buffer.from(bytes)
  changed.writeUInt32LE(99, 0)
  expect(() => partitionFold().restore(blocks.set(name, changed))).toThrow('a pane block is of version 99')
})

test('view fields of metrics that a later config removes go, also when a restart lies between', () => {
  const fold = recovered(partitionFold(), v1.partition)
  fold.take()
  const restored = partitionFold()
  restored.restore(rewritten(fold, v1.partition))
  const next = decode(`${Date.UTC(2026, 0, 5, 10, 5)}-0`, ['weir', 'control/1', 'id', '3-0'])
  for (const one of [fold, restored]) one.step(next)
  const [gone, restoredGone] = [fold.take().viewGone, restored.take().viewGone]
  expect(gone.filter((field) => field.startsWith('share/'))).not.toEqual([])
  expect(restoredGone.toSorted()).toEqual(gone.toSorted())
})
