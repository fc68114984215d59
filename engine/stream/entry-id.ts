/** Ids of stream entries, `<ms>-<seq>`. Pure. */

/** Compares two entry ids as Redis does. */
export function compareIds(a: string, b: string): number {
  const [ams, aseq] = a.split('-').map(Number) as [number, number]
  const [bms, bseq] = b.split('-').map(Number) as [number, number]
  return ams - bms || aseq - bseq
}
