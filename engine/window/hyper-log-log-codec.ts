/**
 * The different values of a pane's groups as the tail of its block: per touched group the number of words and the
 * words, then the length of all that in bytes. It stands behind whatever form the rest of the block has.
 */
import type { Pane } from './pane.ts'

export function appendValues(block: Buffer, pane: Pane): Buffer {
  const saved = Array.from({ length: pane.touched.size }, (_, i) => pane.distinct!.save(pane.touched.at(i)))
  const length = saved.reduce((sum, words) => sum + 4 + 4 * words.length, 0)
  const tail = Buffer.allocUnsafe(length + 4)
  let at = 0
  for (const words of saved) {
    at = tail.writeUInt32LE(words.length, at)
    for (const word of words) at = tail.writeUInt32LE(word, at)
  }
  tail.writeUInt32LE(length, at)
  return Buffer.concat([block, tail])
}

/** Cuts the tail off. Throws RangeError on truncated bytes. */
export function cutValues(bytes: Buffer): { block: Buffer; values: Buffer } {
  const end = bytes.length - 4
  const from = end - bytes.readUInt32LE(end)
  if (from < 0) throw new RangeError('a pane block is shorter than its values')
  return { block: bytes.subarray(0, from), values: bytes.subarray(from, end) }
}

/** Puts the values back into a pane that knows its touched groups. Throws RangeError on broken bytes. */
export function restoreValues(values: Buffer, pane: Pane): void {
  let at = 0
  for (let i = 0; i < pane.touched.size; i++) {
    const from = at + 4
    at = from + 4 * values.readUInt32LE(at)
    if (at > values.length) throw new RangeError('values of a pane block are truncated')
    const words = Array.from({ length: (at - from) / 4 }, (_, k) => values.readUInt32LE(from + 4 * k))
    pane.distinct!.restore(pane.touched.at(i), words)
  }
}
