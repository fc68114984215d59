/** `weir dev --torture`: real processes are killed, Redis among them, and every event counts once all the same. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { descendants, launch, living } from './harness/launch.ts'

test('under kill -9 nothing is lost and nothing doubled, and no process is left', async () => {
  const state = mkdtempSync(join(tmpdir(), 'weir-torture-'))
  const config = 'test/config/requests.config.ts'
  const words = ['dev', '--torture', '--no-world', '--config', config, '--for', '23s']
  const weir = launch(words, { WEIR_DIR: state, PORT: '0' })
  onTestFinished(() => {
    for (const pid of living([weir.child.pid!, ...descendants(weir.child.pid!)])) process.kill(pid, 'SIGKILL')
    rmSync(state, { recursive: true, force: true })
  })
  await weir.hears('kill 2:', 60_000)
  const family = descendants(weir.child.pid!)
  expect(await weir.ended, weir.said()).toBe(0)
  const last = weir.said().trim().split('\n').at(-1)!
  const [, events, kills] = /^lost 0 doubled 0 of (\d+) events, (\d+) kills$/.exec(last) ?? []
  expect(Number(events), last).toBeGreaterThan(5000)
  expect(Number(kills)).toBeGreaterThanOrEqual(4)
  await expect.poll(() => living(family), { timeout: 2000 }).toEqual([])
})
