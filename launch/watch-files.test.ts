/** A save is noticed however an editor makes it. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { watchFiles } from './watch-files.ts'

test('written, replaced, and another file beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-watch-'))
  const file = join(folder, 'streams.config.ts')
  writeFileSync(file, '1')
  let saves = 0
  const watcher = watchFiles(() => saves++)
  onTestFinished(() => {
    watcher.close()
    rmSync(folder, { recursive: true })
  })
  watcher.files([file])

  writeFileSync(file, '2')
  writeFileSync(file, '3')
  await expect.poll(() => saves).toBe(1)

  writeFileSync(join(folder, 'new'), '4')
  renameSync(join(folder, 'new'), file)
  await expect.poll(() => saves).toBe(2)

  writeFileSync(join(folder, 'other.txt'), '5')
  await sleep(200)
  expect(saves).toBe(2)
})
