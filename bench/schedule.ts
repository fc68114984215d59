/**
 * `npm run bench -- schedule [SECONDS] [SITES] [PROCESSES]`: 5,000 sites on a schedule of one minute each, over four
 * scraper processes, real Redis and a real server. Of a hundred sites four refuse, three never answer, three take 3 s.
 * How late do the others' runs start, by the processes' word and by the server's own log?
 *
 * Last line: `schedule p99 delay D ms (starts S ms), V runs/s, C script calls/s, P ms CPU per run`. D: from the due time
 * to the arrival at the site. S: from the due time to the start of the run.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../engine/index.ts'
import { startRedis } from '../test/harness/redis.ts'
import { startRole } from '../test/harness/role.ts'
import { conditions, say } from './conditions.ts'
import { processorTime } from './processor-time.ts'

const [seconds = 90, sites = 5000, processes = 4] = process.argv.slice(3).map(Number)
const LOG = 'bench:{runs.0}:log'

/** By site: when requests arrived, wall clock in ms. */
const arrivals = new Map<string, number[]>()
const server = createServer((request, response) => {
  const site = request.headers.host!.split('.')[0]!
  const times = arrivals.get(site)
  if (times) times.push(Date.now())
  else arrivals.set(site, [Date.now()])
  if (request.url === '/slow') setTimeout(() => response.end('ok'), 3000)
  else if (request.url !== '/never') response.end('ok')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 2048, resolve))
const { port } = server.address() as AddressInfo

const folder = await mkdtemp(join(tmpdir(), 'weir-bench-'))
await writeFile(
  join(folder, 'streams.config.ts'),
  `import { defineConfig } from 'weir'\nexport default defineConfig({ namespace: 'bench', scrapers: './sites.ts' })\n`,
)
await writeFile(
  join(folder, 'sites.ts'),
  `import { check } from 'weir/scrapers'
const kinds = (i) => (i % 100 < 4 ? ':1/' : i % 100 < 7 ? ':${port}/never' : i % 100 < 10 ? ':${port}/slow' : ':${port}/')
export default Array.from({ length: ${sites} }, (_, i) =>
  check('s' + i, { url: 'http://s' + i + '.localhost' + kinds(i), every: '1m', jitter: '0s', local: true }))
`,
)
const isGood = (name: string): boolean => Number(name.slice(1)) % 100 >= 10

const redis = await startRedis()
const client = connect(redis.url, 'query')
say(`${sites} sites, ${processes} processes, ${seconds} s after the first minute: ${conditions()}`)
const roles = await Promise.all(
  Array.from({ length: processes }, () =>
    startRole('scrapers', {
      REDIS_URL: redis.url,
      WEIR_CONFIG: join(folder, 'streams.config.ts'),
      LOG_LEVEL: 'error',
    }),
  ),
)
// The first minute: every site's first run.
await sleep(60_000)
const [from] = await client.time()
const before = { calls: await scriptCalls(), cpu: roles.map(({ pid }) => processorTime(pid)) }
await sleep(seconds * 1000)
const calls = (await scriptCalls()) - before.calls
const cpu = roles.reduce((sum, { pid }, i) => sum + processorTime(pid) - before.cpu[i]!, 0)
const [to] = await client.time()

const runs = await readRuns(Number(from) * 1000, Number(to) * 1000)
const good = runs.filter(({ scraper }) => isGood(scraper))
const starts = good.map(({ late }) => late).toSorted((a, b) => a - b)
const delays = good
  .flatMap(({ scraper, due }) => {
    const at = arrivals.get(scraper)?.find((time) => time >= due)
    return at === undefined ? [] : [at - due]
  })
  .toSorted((a, b) => a - b)
for (const role of roles) await role.stop()
client.disconnect()
await redis.stop()
server.closeAllConnections()
server.close()
await rm(folder, { recursive: true, force: true })

const share = (sorted: number[], q: number): number => sorted[Math.floor(q * (sorted.length - 1))] ?? NaN
const outcomes: Record<string, number> = {}
for (const { outcome } of runs) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
say(`${runs.length} runs: ${JSON.stringify(outcomes)}; expected ${Math.round((sites * seconds) / 60)}`)
say(
  `starts of good sites, ms: p50 ${share(starts, 0.5)}, p99 ${share(starts, 0.99)}, most ${share(starts, 1)}`,
)
say(`arrivals, ms after due: p50 ${share(delays, 0.5)}, p99 ${share(delays, 0.99)}, most ${share(delays, 1)}`)
say(`load at the end: ${conditions()}`)
say(
  `schedule p99 delay ${share(delays, 0.99)} ms (starts ${share(starts, 0.99)} ms), ` +
    `${(runs.length / seconds).toFixed(1)} runs/s, ${(calls / seconds).toFixed(0)} script calls/s, ` +
    `${(cpu / runs.length).toFixed(1)} ms CPU per run`,
)

/** Calls by clients; two of them per run are the gate's. */
async function scriptCalls(): Promise<number> {
  const info = await client.info('commandstats')
  return [...info.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
}

async function readRuns(
  since: number,
  until: number,
): Promise<{ scraper: string; due: number; late: number; outcome: string }[]> {
  const found = []
  for (const [, fields] of await client.xrange(LOG, '-', '+')) {
    const columns = fields.indexOf('cols')
    if (columns < 0) continue
    const cols = JSON.parse(fields[columns + 1]!) as Record<string, unknown[]>
    for (const [i, due] of (cols['due'] ?? []).entries()) {
      if (Number(due) < since || Number(due) >= until) continue
      const of = (name: string): unknown => cols[name]?.[i]
      found.push({
        scraper: String(of('scraper')),
        due: Number(due),
        late: Number(of('lateMs')),
        outcome: of('outcome') === 'skipped' ? `skipped.${String(of('reason'))}` : String(of('outcome')),
      })
    }
  }
  return found
}
