/** Processor time of a process and all below it, those that have ended included. Linux only. */
import { readFileSync } from 'node:fs'
import { processTree } from '../scrapers/pool/process-memory.ts'

const TICK_MS = 10

/** Milliseconds of one process so far; `children`: with those of its children that have ended. */
export function processorTime(pid: number, children = false): number {
  let fields: string[]
  try {
    fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  } catch {
    return 0
  }
  const [own, system, below, systemBelow] = fields.slice(11, 15).map(Number)
  return (own! + system! + (children ? below! + systemBelow! : 0)) * TICK_MS
}

/** Milliseconds of this process and of all browsers below it. */
export async function treeTime(): Promise<number> {
  const tree = await processTree(process.pid)
  return tree.reduce((sum, { pid }) => sum + processorTime(pid, true), 0)
}
