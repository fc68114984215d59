/** Says when one of some files was saved: once per save, also when an editor replaces the file. */
import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'

export interface FileWatch {
  /** Watches these files from now on, instead of those before. */
  files(paths: readonly string[]): void
  close(): void
}

/** Editors write in several steps; this long after the last one the file counts as saved. */
const SETTLED_MS = 80

/** `also`: further files that count, if they stand in a folder of those watched (new ones, for example). */
export function watchFiles(onSave: () => void, also: (path: string) => boolean = () => false): FileWatch {
  // Folders are watched, not files: a replaced file is another file to the system.
  const folders = new Map<string, FSWatcher>()
  let watched = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  const changed = (folder: string, name: string | null): void => {
    const path = name === null ? null : `${folder}/${basename(name)}`
    if (path !== null && !watched.has(path) && !also(path)) return
    clearTimeout(timer)
    timer = setTimeout(onSave, SETTLED_MS)
  }
  return {
    files(paths) {
      watched = new Set(paths)
      const wanted = new Set(paths.map((path) => dirname(path)))
      for (const [folder, watcher] of folders)
        if (!wanted.has(folder)) {
          watcher.close()
          folders.delete(folder)
        }
      for (const folder of wanted)
        if (!folders.has(folder)) {
          const watcher = watch(folder, (_, name) => changed(folder, name))
          watcher.on('error', () => undefined)
          folders.set(folder, watcher)
        }
    },
    close() {
      clearTimeout(timer)
      for (const watcher of folders.values()) watcher.close()
      folders.clear()
    },
  }
}
