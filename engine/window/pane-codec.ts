/** A pane as bytes, for snapshots: touched groups in order, their cells, their sketches' buckets, their values. */
import { newer } from '../fold-version.ts'
import { appendValues, cutValues, restoreValues } from './hyper-log-log-codec.ts'
import type { Ladder } from './ladder.ts'
import type { Pane } from './pane.ts'
import type { Shape } from './shape.ts'
import { decodePaneV1 } from './pane-codec-v1.ts'

/** Written first in every block. Older ones stay readable: a clean block outlives the code that wrote it. */
const VERSION = 1
type Decode = (bytes: Buffer, shape: Shape, ladder: Ladder) => Pane
/** By version. */
const DECODERS: readonly (Decode | undefined)[] = [undefined, decodePaneV1]

export function encodePane(pane: Pane, shape: Shape): Buffer {
  const groups = pane.touched.size
  const changed = pane.changed?.size ?? 0
  const buckets: number[][] = []
  let bucketNumbers = 0
  if (pane.sketches) {
    for (let i = 0; i < groups; i++) {
      const list = pane.sketches.list(pane.head(pane.touched.at(i)))
      buckets.push(list)
      bucketNumbers += 1 + list.length
    }
  }
  const out = Buffer.allocUnsafe(
    16 + 8 + 4 * groups + 4 * changed + 8 * shape.stride * groups + 4 * bucketNumbers,
  )
  let at = out.writeUInt32LE(VERSION, 0)
  at = out.writeUInt32LE(pane.closed ? 1 : 0, at)
  at = out.writeUInt32LE(groups, at)
  at = out.writeUInt32LE(changed, at)
  at = out.writeDoubleLE(pane.number, at)
  for (let i = 0; i < groups; i++) at = out.writeUInt32LE(pane.touched.at(i), at)
  for (let i = 0; i < changed; i++) at = out.writeUInt32LE(pane.changed!.at(i), at)
  for (let i = 0; i < groups; i++) {
    for (let k = 0; k < shape.stride; k++) at = out.writeDoubleLE(pane.get(pane.touched.at(i), k), at)
  }
  for (const list of buckets) {
    at = out.writeInt32LE(list.length, at)
    for (const number of list) at = out.writeInt32LE(number, at)
  }
  return pane.distinct ? appendValues(out, pane) : out
}

/** Throws RangeError on truncated bytes, WEIR_NEWER on a version this code does not know. */
export function decodePane(bytes: Buffer, shape: Shape, ladder: Ladder): Pane {
  const version = bytes.readUInt32LE(0)
  const decode = DECODERS[version]
  if (decode === undefined) throw newer('a pane block', version, VERSION)
  if (!shape.distinct) return decode(bytes, shape, ladder)
  const { block, values } = cutValues(bytes)
  const pane = decode(block, shape, ladder)
  restoreValues(values, pane)
  return pane
}
