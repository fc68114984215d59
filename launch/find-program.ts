/** Finds a program on the PATH, as a shell would. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Full path of the first of `names` that is executable in a folder of `path`, or null. */
export function findProgram(
  names: readonly string[],
  path: string = process.env['PATH'] ?? '',
): string | null {
  for (const name of names)
    for (const folder of path.split(delimiter)) {
      if (folder === '') continue
      const file = join(folder, name)
      try {
        accessSync(file, constants.X_OK)
        if (statSync(file).isFile()) return file
      } catch {
        // Not here: the next folder.
      }
    }
  return null
}
