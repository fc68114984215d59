/** Keeps the scrapers in step with their files: a saved, new or deleted one is read again within a second. */
import { dirname, relative } from 'node:path'
import { matchFiles } from '../engine/index.ts'
import { watchFiles } from './watch-files.ts'

/** Watches the files that `globs` match beside the config `file`; the answer takes new globs. */
export async function keepSitesLive(
  file: string,
  globs: string[],
  onSaved: () => void,
  say: (line: string) => void,
): Promise<(globs: string[]) => Promise<void>> {
  const folder = dirname(file)
  const saved = (): void => {
    say(`Scrapers are read again.`)
    onSaved()
  }
  const watch = watchFiles(
    saved,
    (path) => path.endsWith('.ts') && !relative(folder, path).includes('.test.'),
  )
  const match = async (wanted: string[]): Promise<void> => {
    const files = await Promise.all(wanted.map((glob) => matchFiles(glob, folder)))
    watch.files(files.flat())
  }
  await match(globs)
  return match
}
