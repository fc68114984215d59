/** Pane blocks of version 1, as pane-codec.ts wrote them first. Stays as it is: snapshots hold such blocks. */
import type { Ladder } from './ladder.ts'
import type { Pane } from './pane.ts'
import type { Shape } from './shape.ts'
import { Touched } from './touched.ts'

export function decodePaneV1(bytes: Buffer, shape: Shape, ladder: Ladder): Pane {
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
