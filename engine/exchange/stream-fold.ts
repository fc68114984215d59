/** Which fold reads a partition of a stream. */
import type { ResolveControl } from '../commit/folding.ts'
import { isMerged } from '../config/merged-stream.ts'
import { PartitionFold } from '../fold.ts'
import { MergeFold } from './merge-fold.ts'

export type StreamFold = PartitionFold | MergeFold

export function streamFold(
  stream: string,
  partition: number,
  control: string,
  resolve: ResolveControl,
): StreamFold {
  const Fold = isMerged(stream) ? MergeFold : PartitionFold
  return new Fold(stream, partition, control, resolve)
}
