/**
 * `npm run bench -- scrapers [ROUNDS]`: what visiting costs. The same heavy page is read by turns through the pool, as
 * scrapers do it, and with bare puppeteer: a context and a page for each job, as many at a time as the pool has
 * workers: as puppeteer starts a browser by itself, which is what people have without the pool, and with the pool's own
 * flags, which shows what its care costs. Then checks over HTTP, with a real Redis: the bare request, and the whole run
 * with its turn at the gate and its event.
 *
 * Last line: `scrapers R× raw puppeteer (R2× with the pool's flags), J jobs/s, C checks/s, P ms CPU per check`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type Browser } from 'puppeteer-core'
import { compile } from '../engine/config/compile.ts'
import { connect, defineConfig } from '../engine/index.ts'
import { findChromium } from '../launch/chromium.ts'
import { visitCheck } from '../scrapers/http/visit-check.ts'
import { check, money, scraper, text } from '../scrapers/index.ts'
import { openOutlet } from '../scrapers/outlet.ts'
import { redisGate } from '../scrapers/politeness/redis-gate.ts'
import { launchOptions } from '../scrapers/pool/flags.ts'
import { openPool } from '../scrapers/pool/pool.ts'
import { visit } from '../scrapers/pool/visit.ts'
import { run } from '../scrapers/run.ts'
import type { RunWorld } from '../scrapers/run-world.ts'
import { startRedis } from '../test/harness/redis.ts'
import { conditions, say } from './conditions.ts'
import { startPageServer } from './page-server.ts'
import { treeTime } from './processor-time.ts'

const rounds = Number(process.argv[3] ?? 5)
const JOBS = 40
const CHECKS = 2000
const AT_ONCE = 32

const { port, stop } = await startPageServer()
const url = `http://heavy.localhost:${port}/`
const { path } = await findChromium()
const noSandbox = process.getuid?.() === 0
const pool = await openPool({ executable: path })
const folders = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), 'weir-bench-'))))
const sameFlags = await puppeteer.launch(launchOptions({ executable: path, profile: folders[0]!, noSandbox }))
const ownFlags = await puppeteer.launch({
  executablePath: path,
  headless: 'shell',
  pipe: true,
  userDataDir: folders[1]!,
  args: noSandbox ? ['--no-sandbox'] : [],
})
say(`${rounds} rounds of ${JOBS} jobs, ${pool.workers} at a time: ${conditions()}`)

const page = scraper('heavy', {
  visit: url,
  every: '1m',
  local: true,
  is: ['h1 = Accounts'],
  read: { balance: money('#balance'), first: text('p.c0') },
})
const ways: Record<string, () => Promise<void>> = {
  pool: () =>
    pool.run(
      async (lease) => {
        const { fields } = await visit(lease, page)
        if (fields['balance']?.value !== 1234.56) throw new Error('the pool has not read the page')
      },
      { deadline: 60_000, patience: 600_000 },
    ),
  bare: () => bare(sameFlags),
  own: () => bare(ownFlags),
}
const rates: Record<string, number[]> = { pool: [], bare: [], own: [] }
const cost: Record<string, number[]> = { pool: [], bare: [], own: [] }
for (const way of Object.values(ways)) await limited(pool.workers, 4, way)
for (let round = 0; round < rounds; round += 1) {
  // Whoever goes first has the machine of that moment.
  const order = Object.keys(ways).map((_, i, names) => names[(i + round) % names.length]!)
  for (const name of order) {
    const { seconds, cpu } = await timed(() => limited(pool.workers, JOBS, ways[name]!))
    rates[name]!.push(JOBS / seconds)
    cost[name]!.push(cpu / JOBS)
  }
}
for (const name of Object.keys(ways))
  say(
    `${name}: ${median(rates[name]!).toFixed(2)} jobs/s, ${(median(cost[name]!) / 1000).toFixed(3)} s CPU per job`,
  )
const ratio = median(rates['pool']!.map((rate, i) => rate / rates['bare']![i]!))
const ratioOwn = median(rates['pool']!.map((rate, i) => rate / rates['own']![i]!))
await Promise.all([pool.close(), sameFlags.close(), ownFlags.close()])

const redis = await startRedis()
const client = connect(redis.url, 'commit')
await client.connect()
const { config } = compile(defineConfig({}), { checkFile: () => null })
const outlet = openOutlet(redis.url, 'bench', 'bench')
outlet.use(config.streams)
const world: RunWorld = {
  gate: redisGate(client, 'bench', () => performance.now()),
  pool: null,
  now: Date.now,
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
  publish: async (event) => {
    if (event.right) right += 1
    await outlet.send('runs', { ...event }, event.scraper)
  },
  publishRows: async () => undefined,
  hostsRemapped: false,
}
const checks = Array.from({ length: AT_ONCE }, (_, i) =>
  check(`c${i}`, {
    url: `http://c${i}.localhost:${port}/check`,
    every: '1m',
    local: true,
    match: 'operational',
  }),
)
let next = 0
let right = 0
const alone = await timed(() =>
  limited(AT_ONCE, CHECKS, () => visitCheck(checks[next++ % AT_ONCE]!, Date.now)),
)
const whole = await timed(() => limited(AT_ONCE, CHECKS, () => run(checks[next++ % AT_ONCE]!, 'v', world)))
if (right < CHECKS * 0.99) throw new Error(`only ${right} of ${CHECKS} checks were right`)
await outlet.close()
client.disconnect()
await redis.stop()
stop()
await Promise.all(
  folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })),
)
const perCheck = (of: typeof alone): string =>
  `${(CHECKS / of.seconds).toFixed(0)} a second, ${(of.cpu / CHECKS).toFixed(2)} ms CPU each`
say(`checks, the request alone: ${perCheck(alone)}`)
say(`checks, the whole run: ${perCheck(whole)}`)
say(`load at the end: ${conditions()}`)
say(
  `scrapers ${ratioOwn.toFixed(2)}× raw puppeteer (${ratio.toFixed(2)}× with the pool's flags), ` +
    `${median(rates['pool']!).toFixed(1)} jobs/s, ${(CHECKS / whole.seconds).toFixed(0)} checks/s, ` +
    `${(whole.cpu / CHECKS).toFixed(2)} ms CPU per check`,
)

/** What people write by hand: no limits, no signals, no care for what may go wrong. */
async function bare(browser: Browser): Promise<void> {
  const context = await browser.createBrowserContext()
  try {
    const tab = await context.newPage()
    await tab.goto(url, { waitUntil: 'domcontentloaded' })
    const read = await tab.evaluate(() => ({
      title: document.querySelector('h1')?.textContent,
      balance: document.querySelector('#balance')?.textContent,
      first: document.querySelector('p.c0')?.textContent,
    }))
    if (read.title !== 'Accounts' || !read.balance) throw new Error('puppeteer has not read the page')
  } finally {
    await context.close()
  }
}

/** As p-limit does: `count` jobs, `width` at a time. */
async function limited(width: number, count: number, job: () => Promise<unknown>): Promise<void> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) await job()
  }
  await Promise.all(Array.from({ length: width }, lane))
}

async function timed(work: () => Promise<unknown>): Promise<{ seconds: number; cpu: number }> {
  const cpu = await treeTime()
  const begun = performance.now()
  await work()
  const seconds = (performance.now() - begun) / 1000
  return { seconds, cpu: (await treeTime()) - cpu }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
