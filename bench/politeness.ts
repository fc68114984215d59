/**
 * `npm run bench -- politeness [SECONDS]`: twelve scraper processes visit one host whose limit is 20 visits a second,
 * as often as the gate lets them; the clocks of a third of them are 3 s fast, of a third 3 s slow. A real Redis, a real
 * server, which keeps its own log of what arrived and when.
 *
 * Last line: `politeness most M per second, fairness J, gap G ms, V visits/s, C calls per visit`. M: in any second,
 * wherever it begins. J: Jain's index over the visits of each process, (Σx)² / (n Σx²). G: shortest between two visits.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '../test/harness/redis.ts'
import { conditions, say } from './conditions.ts'
import { mostWithin, jain } from './visit-log.ts'

const PROCESSES = 12
const RATE = 20
const SKEWS = [0, 3000, -3000]

interface Told {
  outcomes: Record<string, number>
  calls: number
}

const seconds = Number(process.argv[3] ?? 30)
const arrivals: number[] = []
const by = new Map<string, number>()
const server = createServer((request, response) => {
  arrivals.push(performance.now())
  by.set(request.url!, (by.get(request.url!) ?? 0) + 1)
  response.end('ok')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const redis = await startRedis()
say(`${PROCESSES} processes, ${RATE} visits/s allowed, ${seconds} s: ${conditions()}`)

const children = await Promise.all(Array.from({ length: PROCESSES }, (_, i) => startVisitor(i)))
for (const child of children) child.send('go')
await sleep(seconds * 1000)
const ends = children.map(async (child): Promise<Told> => {
  const told = once(child, 'message') as Promise<[Told]>
  child.send('stop')
  return (await told)[0]
})
const told = await Promise.all(ends)
server.close()
await redis.stop()

const outcomes: Record<string, number> = {}
for (const each of told)
  for (const [outcome, n] of Object.entries(each.outcomes)) outcomes[outcome] = (outcomes[outcome] ?? 0) + n
const gaps = arrivals.slice(1).map((at, i) => at - arrivals[i]!)
const span = (arrivals.at(-1)! - arrivals[0]!) / 1000
const calls = told.reduce((sum, each) => sum + each.calls, 0)
say(
  `${arrivals.length} visits in ${span.toFixed(1)} s, per process ${[...by.values()].toSorted((a, b) => a - b).join(' ')}`,
)
say(`outcomes ${JSON.stringify(outcomes)}; ${conditions()}`)
say(
  `politeness most ${mostWithin(arrivals, 1000)} per second, fairness ${jain([...by.values()]).toFixed(4)}, gap ${Math.min(...gaps).toFixed(1)} ms, ${((arrivals.length - 1) / span).toFixed(2)} visits/s, ${(calls / arrivals.length).toFixed(2)} calls per visit`,
)

async function startVisitor(i: number): Promise<ChildProcess> {
  const path = fileURLToPath(new URL('politeness-visitor.ts', import.meta.url))
  const args = [redis.url, `http://one.localhost:${port}/${i}`, `${RATE}/s`, String(SKEWS[i % SKEWS.length])]
  const child = fork(path, args, { execArgv: ['--import', 'tsx'] })
  await once(child, 'message')
  return child
}
