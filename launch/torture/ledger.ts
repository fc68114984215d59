/** What a producer of the torture knows of itself after kill -9: a small file, replaced as a whole each time. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Ledger {
  /** Producer id in use, and the serial of the first row sent under it: a new life sends again from there. */
  id: string
  from: number
  /** Rows that Redis has acknowledged: serials 0 … acked - 1. */
  acked: number
}

/** The newest ledger, or null before the first. */
export function readLedger(folder: string, producer: number): Ledger | null {
  try {
    return JSON.parse(readFileSync(fileOf(folder, producer), 'utf8')) as Ledger
  } catch {
    return null
  }
}

/** A reader sees the old one or the new one, whenever this process is killed. */
export function writeLedger(folder: string, producer: number, ledger: Ledger): void {
  const file = fileOf(folder, producer)
  writeFileSync(`${file}.new`, JSON.stringify(ledger))
  renameSync(`${file}.new`, file)
}

function fileOf(folder: string, producer: number): string {
  return join(folder, `producer-${producer}.json`)
}
