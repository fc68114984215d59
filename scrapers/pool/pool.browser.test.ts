/** The pool under faults: every job ends, the pool goes on, and nothing is left behind. */
import puppeteer from 'puppeteer-core'
import { afterEach, expect, test } from 'vitest'
import { findChromium } from '../../launch/chromium.ts'
import type { Lease } from './browsers.ts'
import { type Pool, type PoolOptions, openPool } from './pool.ts'

let pool: Pool
const LIMITS = { deadline: 5000, patience: 5000 }
const title = ({ page }: Lease) => page.setContent('<title>t</title>').then(() => page.title())

async function open(options: Partial<PoolOptions> = {}): Promise<Pool> {
  const { path } = await findChromium()
  pool = await openPool({ executable: path, workers: 2, ...options })
  return pool
}

afterEach(() => pool?.close(0))

test('jobs share one browser, and each has a context of its own', async () => {
  await open()
  const contexts = await Promise.all(
    [1, 2, 3].map(() => pool.run(async ({ page }) => page.browserContext().id, LIMITS)),
  )
  expect(new Set(contexts).size).toBe(3)
  expect(pool).toMatchObject({ launched: 1, busy: expect.any(Number), waiting: 0 })
})

test('a killed browser fails its jobs, the next ones run', async () => {
  await open()
  const doomed = pool.run(async ({ page }) => page.evaluate(() => new Promise(() => undefined)), LIMITS)
  doomed.catch(() => undefined)
  await expect.poll(() => pool.pids.length).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 500))
  process.kill(pool.pids[0]!, 'SIGKILL')
  await expect(doomed).rejects.toThrow(/closed|detached|frame|disconnected/i)
  expect(await pool.run(title, LIMITS)).toBe('t')
  expect(pool.launched).toBe(2)
})

test('failed launches are tried again, and a job that never gets a browser says so', async () => {
  let failures = 2
  await open({
    patience: 4000,
    launch: (options) => (failures-- > 0 ? Promise.reject(new Error('no room')) : puppeteer.launch(options)),
  })
  expect(await pool.run(title, LIMITS)).toBe('t')
  expect(pool.failedLaunches).toBe(2)
  await pool.close()

  await open({ patience: 300, launch: () => Promise.reject(new Error('no room')) })
  await expect(pool.run(title, LIMITS)).rejects.toMatchObject({ name: 'PoolFailure', reason: 'launch' })
  // Nothing is stuck: the worker is free for the next one.
  await expect(pool.run(title, LIMITS)).rejects.toMatchObject({ reason: 'launch' })
})

test('a job past its deadline is given up, and its worker is free again', async () => {
  await open({ workers: 1 })
  const hung = pool.run(() => new Promise(() => undefined), { deadline: 200, patience: 1000 })
  await expect(hung).rejects.toMatchObject({ reason: 'hung' })
  expect(await pool.run(title, LIMITS)).toBe('t')
})

test('a full pool makes jobs wait, and not for ever', async () => {
  await open({ workers: 1 })
  const long = pool.run(() => new Promise((resolve) => setTimeout(resolve, 1500)), LIMITS)
  await expect(pool.run(title, { deadline: 1000, patience: 100 })).rejects.toMatchObject({ reason: 'busy' })
  await long
})

test('browsers are replaced after their share of jobs', async () => {
  await open({ workers: 1, recycleJobs: 2 })
  for (let i = 0; i < 5; i += 1) await pool.run(title, LIMITS)
  expect(pool.launched).toBe(3)
})

test('closing leaves no process, and refuses what still waits', async () => {
  await open({ workers: 1 })
  const running = pool.run(() => new Promise(() => undefined), LIMITS)
  running.catch(() => undefined)
  const waiting = pool.run(title, LIMITS)
  waiting.catch(() => undefined)
  await expect.poll(() => pool.pids.length).toBe(1)
  const [pid] = pool.pids
  await pool.close(100)
  await expect(waiting).rejects.toMatchObject({ reason: 'closed' })
  await expect(pool.run(title, LIMITS)).rejects.toMatchObject({ reason: 'closed' })
  await expect.poll(() => isAlive(pid!)).toBe(false)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
