/** Files by patterns such as `./sites/*.ts`, `**` for any folders: all that configs need, without a dependency. */
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const MAX_FILES = 20_000

/** Absolute paths of files that match any pattern, sorted; patterns are relative to `folder`. */
export async function glob(patterns: string[], folder: string): Promise<string[]> {
  const found = new Set<string>()
  for (const pattern of patterns) {
    const absolute = resolve(folder, pattern)
    const segments = absolute.split('/')
    const fixed = segments.findIndex((segment) => segment.includes('*'))
    if (fixed < 0) found.add(absolute)
    else await walk(segments.slice(0, fixed).join('/') || '/', segments.slice(fixed), found)
  }
  return [...found].sort()
}

async function walk(folder: string, [segment, ...rest]: string[], found: Set<string>): Promise<void> {
  if (segment === undefined || found.size >= MAX_FILES) return
  // `**` is any number of folders, none included.
  if (segment === '**') await walk(folder, rest, found)
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const name = segment === '**' ? /^[^.]/ : toRegExp(segment)
  for (const entry of entries) {
    if (entry.name === 'node_modules' || !name.test(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await walk(path, segment === '**' ? [segment, ...rest] : rest, found)
    else if (rest.length === 0 && segment !== '**') found.add(path)
  }
}

function toRegExp(segment: string): RegExp {
  return new RegExp(
    `^${segment
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^/]*')}$`,
  )
}
