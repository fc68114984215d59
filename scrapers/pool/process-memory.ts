/** Memory of a process and all below it, from /proc; where there is no /proc nothing is known. */
import { readFile, readdir } from 'node:fs/promises'

export interface ProcessMemory {
  pid: number
  /** Resident bytes: cheap to read, counts what processes share once for each of them. */
  rss: number
  /** Of these, bytes of mapped files: the program itself, which all of them share. */
  file: number
}

/** Deeper and wider than any browser is. */
const MAX_PROCESSES = 1000

/** The process and its descendants; empty where it is gone or nothing is known. */
export async function processTree(root: number): Promise<ProcessMemory[]> {
  const tree: ProcessMemory[] = []
  const queue = [root]
  for (let pid = queue.shift(); pid !== undefined && tree.length < MAX_PROCESSES; pid = queue.shift()) {
    const [resident, children] = await Promise.all([residentOf(pid), childrenOf(pid, pid === root)])
    if (resident !== null) tree.push({ pid, ...resident })
    queue.push(...children)
  }
  return tree
}

/** At least their proportional bytes, cheaply: of the files they map, the most that one of them has is counted once. */
export function atMost(tree: readonly ProcessMemory[]): number {
  const files = tree.reduce((most, { file }) => Math.max(most, file), 0)
  return tree.reduce((sum, { rss, file }) => sum + rss - file, files)
}

/** Proportional bytes of all of them: what they would free together. The kernel needs some ms for each. */
export async function proportional(tree: readonly ProcessMemory[]): Promise<number> {
  const each = await Promise.all(tree.map(async ({ pid, rss }) => (await pssOf(pid)) ?? rss))
  return each.reduce((sum, bytes) => sum + bytes, 0)
}

/** Whether a process draws a page, by its command line. */
export async function isRenderer(pid: number): Promise<boolean> {
  return (await text(`/proc/${pid}/cmdline`))?.includes('--type=renderer') ?? false
}

async function residentOf(pid: number): Promise<{ rss: number; file: number } | null> {
  const status = (await text(`/proc/${pid}/status`)) ?? ''
  const bytesOf = (name: string): number =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0)
  const rss = bytesOf('VmRSS')
  return rss === 0 ? null : { rss, file: bytesOf('RssFile') }
}

async function pssOf(pid: number): Promise<number | null> {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec((await text(`/proc/${pid}/smaps_rollup`)) ?? '')?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) * 1024
}

/** The browser starts some of its processes from threads; the others, from their main one. */
async function childrenOf(pid: number, everyThread: boolean): Promise<number[]> {
  const threads = everyThread ? await readdir(`/proc/${pid}/task`).catch(() => []) : [String(pid)]
  const lists = await Promise.all(threads.map((thread) => text(`/proc/${pid}/task/${thread}/children`)))
  return lists.flatMap((list) => (list ?? '').split(' ').filter(Boolean).map(Number))
}

/** Null where it cannot be read: the process has ended, or is another user's. */
function text(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}
