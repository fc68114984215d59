/** A pane as bytes, for snapshots: touched groups in order, their cells, their sketches' buckets. Version 1. */
import type { Ladder } from './ladder.ts'
import type { Pane } from './pane.ts'
import type { Shape } from './shape.ts'
import { Touched } from './touched.ts'

const VERSION = 1

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
  return out
}

/** Throws RangeError on truncated bytes, Error on another version. */
export function decodePane(bytes: Buffer, shape: Shape, ladder: Ladder): Pane {
  if (bytes.readUInt32LE(0) !== VERSION) throw new Error(`pane block of version ${bytes.readUInt32LE(0)}`)
  const groups = bytes.readUInt32LE(8)
  const changed = bytes.readUInt32LE(12)
  const pane = ladder.newPane(bytes.readDoubleLE(16))
  let at = 24
  const ids = Array.from({ length: groups }, (_, i) => bytes.readUInt32LE(at + 4 * i))
  at += 4 * groups
  if (changed > 0) {
    pane.changed = new Touched()
    for (let i = 0; i < changed; i++) pane.changed.add(bytes.readUInt32LE(at + 4 * i))
    at += 4 * changed
  }
  let bucketsAt = at + 8 * shape.stride * groups
  const cell = new Float64Array(shape.stride)
  for (const id of ids) {
    for (let k = 0; k < shape.stride; k++) cell[k] = bytes.readDoubleLE(at + 8 * k)
    at += 8 * shape.stride
    const buckets: number[] = []
    if (shape.sketch) {
      const length = bytes.readInt32LE(bucketsAt)
      bucketsAt += 4
      for (let i = 0; i < length; i++) buckets.push(bytes.readInt32LE(bucketsAt + 4 * i))
      bucketsAt += 4 * length
    }
    pane.restore(id, cell, buckets)
  }
  pane.closed = bytes.readUInt32LE(4) === 1
  pane.dirty = false
  return pane
}
