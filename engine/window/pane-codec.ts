/** A pane as bytes, for snapshots: touched groups in order, their cells, their sketches' buckets, their values. */
import { newer } from '../fold-version.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { appendValues, cutValues, restoreValues } from './hyper-log-log-codec.ts'
import type { Ladder } from './ladder.ts'
import type { Pane } from './pane.ts'
import { decodePaneV1 } from './pane-codec-v1.ts'
import { COUNT, type Shape, SUM, TOTAL } from './shape.ts'
import { assertBucket } from './sketch.ts'
import { Touched } from './touched.ts'

/** Written first in every block. Older ones stay readable: a clean block outlives the code that wrote it. */
const VERSION = 2
type Decode = (bytes: Buffer, shape: Shape, ladder: Ladder, later: boolean) => Pane
/** By version. */
const DECODERS: readonly (Decode | undefined)[] = [undefined, decodePaneV1, decodePaneV2]

/**
 * version, closed, start; then the touched groups, the changed ones, and per touched group its cell (counts as
 * varints, the rest as doubles) and its buckets: how many, then steps from one to the next and counts.
 */
export function encodePane(pane: Pane, shape: Shape): Buffer {
  const { touched, changed, sketches } = pane
  const out = new ByteWriter(64 + touched.size * (8 * shape.stride + (sketches ? 64 : 0)))
  out.uint32(VERSION)
  out.uint32(pane.closed ? 1 : 0)
  out.double(pane.number)
  writeGroups(out, touched)
  writeGroups(out, changed)
  for (let i = 0; i < touched.size; i++) {
    const group = touched.at(i)
    out.varint(pane.get(group, COUNT))
    out.varint(pane.get(group, TOTAL))
    for (let k = SUM; k < shape.stride; k++) out.double(pane.get(group, k))
    if (sketches !== null) out.buckets(sketches.list(pane.head(group)))
  }
  return pane.distinct ? appendValues(out.done(), pane) : out.done()
}

/**
 * Throws RangeError on truncated bytes, WEIR_NEWER on a version this code does not know. `later`: the bytes are looked
 * through at once, and the cells made of them when somebody first needs them.
 */
export function decodePane(bytes: Buffer, shape: Shape, ladder: Ladder, later = false): Pane {
  const version = bytes.readUInt32LE(0)
  const decode = DECODERS[version]
  if (decode === undefined) throw newer('a pane block', version, VERSION)
  if (!shape.distinct) return decode(bytes, shape, ladder, later)
  const { block, values } = cutValues(bytes)
  const pane = decode(block, shape, ladder, false)
  restoreValues(values, pane)
  return pane
}

function decodePaneV2(bytes: Buffer, shape: Shape, ladder: Ladder, later: boolean): Pane {
  const from = new ByteReader(bytes, 4)
  const closed = from.uint32() === 1
  const pane = ladder.newPane(from.double())
  const groups = readGroups(from)
  const changed = readGroups(from)
  if (changed.length > 0) {
    pane.changed = new Touched()
    for (const group of changed) pane.changed.add(group)
  }
  const read = (): void => readCells(from, pane, groups, shape)
  // One with changed groups is about to be emitted again, by them.
  if (later && changed.length === 0) {
    lookThrough(new ByteReader(bytes, from.position), groups.length, shape)
    pane.readLater(groups, read)
  } else read()
  pane.closed = closed
  pane.dirty = false
  return pane
}

function readCells(from: ByteReader, pane: Pane, groups: Int32Array, shape: Shape): void {
  // What is more than cells are buckets, of two bytes: there are as many pages as buckets, or a dozen a sketch.
  const buckets = (from.left - groups.length * (8 * (shape.stride - SUM) + 3)) / 2
  pane.sketches?.reserve(Math.min(buckets, 12 * groups.length) | 0, groups.length)
  const cell = new Float64Array(shape.stride)
  for (const group of groups) {
    cell[COUNT] = from.varint()
    cell[TOTAL] = from.varint()
    for (let k = SUM; k < shape.stride; k++) cell[k] = from.double()
    pane.read(group, cell, from)
  }
}

/** Throws RangeError where `readCells` would. */
function lookThrough(from: ByteReader, groups: number, shape: Shape): void {
  for (let i = 0; i < groups; i++) {
    from.varint()
    from.varint()
    from.skip(8 * (shape.stride - SUM))
    if (!shape.sketch) continue
    let bucket = 0
    for (let left = from.length(); left > 0; left--) {
      bucket += from.signed()
      assertBucket(bucket)
      from.varint()
    }
  }
}

/**
 * Makes sure that the groups of a block from elsewhere are numbered 0 … `n` - 1, in order, and none has changed, before
 * memory is taken for them. Throws as `decodePane`, and RangeError where they are not.
 */
export function assertNumbered(bytes: Buffer, n: number): void {
  const from = new ByteReader(bytes, 16)
  const numbered =
    from.length() === n && Array.from({ length: n }, () => from.signed()).every((step) => step === 1)
  if (!numbered || from.length() !== 0) throw new RangeError('groups of a block that are not numbered')
}

/** In their order: groups made one after the other are often touched so. */
function writeGroups(out: ByteWriter, groups: Touched | null): void {
  out.varint(groups?.size ?? 0)
  let before = -1
  for (let i = 0; groups !== null && i < groups.size; i++) {
    out.signed(groups.at(i) - before)
    before = groups.at(i)
  }
}

function readGroups(from: ByteReader): Int32Array {
  const groups = new Int32Array(from.length())
  let before = -1
  for (let i = 0; i < groups.length; i++) groups[i] = before += from.signed()
  return groups
}
