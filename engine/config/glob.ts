/** Files by glob: `*` and `?` within a name, `**` over folders, `{a,b}` for either. */
import { readdir } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'

/** More files than any set of scrapers has; a glob at the root of a disk must end. */
const MAX_FILES = 100_000
/** Tests stand beside what they test. */
const TEST = /\.test\.[cm]?[jt]s$/

/**
 * Absolute paths of the files under `folder` that match, sorted; dot folders, node_modules and tests (`x.test.ts`) are
 * passed over.
 */
export async function matchFiles(glob: string, folder: string): Promise<string[]> {
  const parts = glob.split('/')
  const fixed = parts.slice(0, -1).findIndex((part) => /[*?{]/.test(part))
  const depth = fixed < 0 ? parts.length - 1 : fixed
  const root = resolve(folder, parts.slice(0, depth).join('/') || (glob.startsWith('/') ? '/' : '.'))
  const pattern = globPattern(parts.slice(depth).join('/'))
  const found: string[] = []
  await walk(root, fixed >= 0, (file) => {
    if (TEST.test(file)) return
    if (pattern.test(relative(root, file).split(sep).join('/'))) found.push(file)
  })
  return found.toSorted()
}

async function walk(root: string, deep: boolean, visit: (file: string) => void): Promise<void> {
  const folders = [root]
  let left = MAX_FILES
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (left-- <= 0) return
      const path = join(folder, entry.name)
      if (entry.isFile()) visit(path)
      else if (deep && entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name)) folders.push(path)
    }
  }
}

const PARTS: Record<string, string> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
  '{': '(?:',
  '}': ')',
  ',': '|',
}

function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|[*?{},]|[.+^$()|[\]\\]/g, (part) => PARTS[part] ?? `\\${part}`)
  return new RegExp(`^${source}$`)
}
