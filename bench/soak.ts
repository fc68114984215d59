/**
 * `npm run bench -- soak [MINUTES]`: the pool reads the heavy page without a pause, and says every 15 s how much memory
 * its browsers (proportional) and this process (resident) take. Grows it, or is it flat once it is warm?
 *
 * Last line: `soak browsers A → B MB, process C → D MB, J jobs, L browsers`: medians of the second and the last fifth.
 */
import { findChromium } from '../launch/chromium.ts'
import { money, scraper } from '../scrapers/index.ts'
import { openPool } from '../scrapers/pool/pool.ts'
import { visit } from '../scrapers/pool/visit.ts'
import { conditions, say } from './conditions.ts'
import { startPageServer } from './page-server.ts'

const minutes = Number(process.argv[3] ?? 60)
const EVERY_MS = 15_000
const MB = 1048576

const { port, stop } = await startPageServer()
const pool = await openPool({ executable: (await findChromium()).path })
const page = scraper('heavy', {
  visit: `http://heavy.localhost:${port}/`,
  every: '1m',
  local: true,
  is: ['h1 = Accounts'],
  read: { balance: money('#balance') },
})
say(`${minutes} min, ${pool.workers} workers: ${conditions()}`)

const begun = performance.now()
const samples: { browsers: number; process: number }[] = []
let jobs = 0
let failed = 0
let done = false
const busy = Array.from({ length: pool.workers }, async () => {
  while (!done) {
    const signals = await pool
      .run((lease) => visit(lease, page), { deadline: 60_000, patience: 60_000 })
      .catch(() => null)
    jobs += 1
    if (signals?.fields['balance']?.value !== 1234.56) failed += 1
  }
})
while (performance.now() - begun < minutes * 60_000) {
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  const sample = { browsers: await pool.memory(), process: process.memoryUsage.rss() }
  samples.push(sample)
  const at = ((performance.now() - begun) / 60_000).toFixed(2).padStart(6)
  say(
    `${at} min  ${mb(sample.browsers)} MB browsers  ${mb(sample.process)} MB process  ${jobs} jobs, ` +
      `${failed} failed, ${pool.launched} browsers, ${pool.outgrown} outgrown`,
  )
}
done = true
await Promise.all(busy)
await pool.close()
stop()
const fifth = Math.max(1, Math.floor(samples.length / 5))
const early = samples.slice(fifth, 2 * fifth)
const late = samples.slice(-fifth)
const middle = (of: typeof samples, part: 'browsers' | 'process'): string =>
  mb(of.map((sample) => sample[part]).toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0)
say(`load at the end: ${conditions()}`)
say(
  `soak browsers ${middle(early, 'browsers')} → ${middle(late, 'browsers')} MB, ` +
    `process ${middle(early, 'process')} → ${middle(late, 'process')} MB, ${jobs} jobs, ${pool.launched} browsers`,
)

function mb(bytes: number): string {
  return (bytes / MB).toFixed(0)
}
