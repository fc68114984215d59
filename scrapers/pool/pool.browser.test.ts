/** The pool under faults: every job ends, the pool goes on, and nothing is left behind. */
import { spawn } from 'node:child_process'
import puppeteer from 'puppeteer-core'
import { afterEach, expect, test, vi } from 'vitest'
import { findChromium } from '../../launch/chromium.ts'
import type { Lease } from './browsers.ts'
import { LIMITS, PATIENT } from './patient.fixture.ts'
import { type Pool, type PoolOptions, openPool } from './pool.ts'

let pool: Pool
const WITHIN = { timeout: 30_000, interval: 50 }
vi.setConfig({ testTimeout: 120_000 })
const title = ({ page }: Lease) => page.setContent('<title>t</title>').then(() => page.title())

async function open(options: Partial<PoolOptions> = {}): Promise<Pool> {
  const { path } = await findChromium()
  pool = await openPool({ executable: path, workers: 2, ...PATIENT, ...options })
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
  let launched = 0
  const doomed = pool.run(async ({ page }) => {
    // The page is there and at work: a browser that dies sooner is only replaced.
    await page.evaluate(() => 1)
    launched = pool.launched
    process.kill(pool.pids[0]!, 'SIGKILL')
    return page.evaluate(() => new Promise(() => undefined))
  }, LIMITS)
  await expect(doomed).rejects.toThrow(/closed|detached|frame|disconnected/i)
  expect(await pool.run(title, LIMITS)).toBe('t')
  expect(pool.launched).toBe(launched + 1)
})

test('failed launches are tried again, and a job that never gets a browser says so', async () => {
  let failures = 2
  await open({
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

test('a launch that never comes back is given up, and tried again', async () => {
  // Launched before, so that its own launch cannot be the slow one.
  const { path } = await findChromium()
  const ready = await puppeteer.launch({ executablePath: path, args: ['--no-sandbox'], timeout: 60_000 })
  let hung = 1
  await open({
    launchTimeout: 1000,
    launch: () => (hung-- > 0 ? new Promise(() => undefined) : Promise.resolve(ready)),
  })
  expect(await pool.run(title, LIMITS)).toBe('t')
  expect(pool).toMatchObject({ launched: 1, failedLaunches: 1 })
})

test('a job past its deadline is given up, and its worker is free again', async () => {
  await open({ workers: 1 })
  const hung = pool.run(() => new Promise(() => undefined), { deadline: 200, patience: 1000 })
  await expect(hung).rejects.toMatchObject({ reason: 'hung' })
  expect(await pool.run(title, LIMITS)).toBe('t')
})

test('a full pool makes jobs wait, and not for ever', async () => {
  await open({ workers: 1 })
  const rest = gate()
  const long = pool.run(() => rest.opened, LIMITS)
  await expect(pool.run(title, { deadline: 1000, patience: 100 })).rejects.toMatchObject({ reason: 'busy' })
  rest.open()
  await long
})

test('jobs of a site that does not answer keep no worker from another site', async () => {
  await open()
  const rest = gate()
  const slow = [1, 2, 3].map(() => pool.run(() => rest.opened, { ...LIMITS, site: 'slow.example' }))
  expect(await pool.run(title, { ...LIMITS, site: 'quick.example' })).toBe('t')
  expect(pool).toMatchObject({ waiting: 2, parked: 2 })
  rest.open()
  await Promise.all(slow)
})

test('browsers are replaced after their share of jobs', async () => {
  await open({ workers: 1, recycleJobs: 2 })
  for (let i = 0; i < 5; i += 1) await pool.run(title, LIMITS)
  expect(pool.launched).toBe(3)
})

test('a browser that has grown too large is replaced, and the job under way ends well', async () => {
  await open({ memory: { browser: 1, every: 100 } })
  const job = pool.run(async ({ page }) => {
    await expect.poll(() => pool.outgrown, WITHIN).toBe(1)
    return page.evaluate(() => 'still here')
  }, LIMITS)
  expect(await job).toBe('still here')
  expect(await pool.run(title, LIMITS)).toBe('t')
  expect(pool.launched).toBe(2)
  expect(await pool.memory()).toBeGreaterThan(20e6)
})

test('a page that takes too much memory is ended, and no other', async () => {
  await open({ memory: { page: 400e6, every: 100 } })
  const good = pool.run(async ({ page }) => {
    await expect.poll(() => pool.greedyPages, WITHIN).toBe(1)
    return page.evaluate(() => 'still here')
  }, LIMITS)
  const greedy = pool.run(async ({ page }) => {
    const crashed = new Promise<never>((_, reject) => page.once('error', reject))
    const eating = page.evaluate(async () => {
      const eaten: Uint8Array[] = []
      for (;;) {
        eaten.push(new Uint8Array(20e6).fill(eaten.length))
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    })
    return Promise.race([eating, crashed])
  }, LIMITS)
  await expect(greedy).rejects.toThrow(/crash|closed|detached/i)
  expect(await good).toBe('still here')
  expect(pool.launched).toBe(1)
})

test('a tab that crashes fails its job alone', async () => {
  await open()
  const crashed = gate()
  const good = pool.run(async ({ page }) => {
    await crashed.opened
    return page.evaluate(() => 'still here')
  }, LIMITS)
  const crash = pool.run(({ page }) => page.goto('chrome://crash'), LIMITS)
  await expect(crash).rejects.toThrow()
  crashed.open()
  expect(await good).toBe('still here')
  expect(pool.launched).toBe(1)
})

test('a browser that answers nothing any more is given up', async () => {
  await open({ stepTimeout: 5000 })
  expect(await pool.run(title, LIMITS)).toBe('t')
  const [frozen] = pool.pids
  process.kill(frozen!, 'SIGSTOP')
  expect(await pool.run(title, LIMITS)).toBe('t')
  await expect.poll(() => isAlive(frozen!), WITHIN).toBe(false)
})

test('a process that is killed leaves no browser', async () => {
  const { path } = await findChromium()
  const child = spawn(process.execPath, ['--import', 'tsx', 'scrapers/pool/killed.fixture.ts', path])
  const said = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data))),
  )
  const pids = said.trim().split(' ').map(Number)
  expect(pids.length).toBeGreaterThan(4)
  child.kill('SIGKILL')
  await expect.poll(() => pids.filter(isAlive), WITHIN).toEqual([])
})

test('closing leaves no process, and refuses what still waits', async () => {
  await open({ workers: 1 })
  const running = pool.run(() => new Promise(() => undefined), LIMITS)
  running.catch(() => undefined)
  const waiting = pool.run(title, LIMITS)
  waiting.catch(() => undefined)
  await expect.poll(() => pool.pids.length, WITHIN).toBe(1)
  const [pid] = pool.pids
  await pool.close(100)
  await expect(waiting).rejects.toMatchObject({ reason: 'closed' })
  await expect(pool.run(title, LIMITS)).rejects.toMatchObject({ reason: 'closed' })
  await expect.poll(() => isAlive(pid!), WITHIN).toBe(false)
})

/** Lets a job wait for what the test does next. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
