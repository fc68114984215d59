/** Runs whose browser or tab is killed, in a real Chromium: tried once more in a new one, and told as one event. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunEvent } from '../../engine/index.ts'
import { findChromium } from '../../launch/chromium.ts'
import { type Fault, GOOD, bankOf } from '../pool/fault.fixture.ts'
import { type Answer, type FaultSite, startFaultSite } from '../pool/fault-site.fixture.ts'
import { type Pool, openPool } from '../pool/pool.ts'
import { loneGate } from '../politeness/lone-gate.ts'
import { run } from '../run.ts'
import { retryDelay } from './retry.ts'

let pool: Pool
let site: FaultSite
let visits = 0

const kill = (pid: number): void => void process.kill(pid, 'SIGKILL')
const browser = (): number => pool.pids[0]!
/** Processes of pages, all in the group that their browser leads. */
function renderers(): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,pgid=,args='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap((line) => {
    const [, pid, group, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return Number(group) === browser() && args.includes('--type=renderer') ? [Number(pid)] : []
  })
}
const first =
  (fault: Answer): Answer =>
  (visit) => {
    if (visit.path !== '/') return visit.html('', 404)
    visits += 1
    if (visits === 1) fault(visit)
    else visit.html(GOOD)
  }
/** Fields are missing, so that the page is read again and again until it has settled. */
const whileRead =
  (what: () => void): Answer =>
  ({ html }) => {
    html('<title>North Bank</title><h1>Accounts</h1>')
    setTimeout(what, 200)
  }
const CASES: [string, Answer][] = [
  ['the browser while it reads', whileRead(() => kill(browser()))],
  ['the tab before an answer', () => renderers().forEach(kill)],
]

beforeAll(async () => {
  pool = await openPool({ executable: (await findChromium()).path, workers: 1 })
  site = await startFaultSite(CASES.map(([, answer]) => first(answer)))
})
afterAll(async () => {
  await pool?.close(0)
  await site?.close()
})

test.each(CASES.map(([name], i) => [name, i] as const))('killed: %s', async (_, i) => {
  visits = 0
  const events: RunEvent[] = []
  const fault: Fault = { name: '', expected: '', answer: () => undefined, settle: '1s' }
  await run(bankOf(fault, site.url(i), `site-${i}`), 'v1', {
    gate: loneGate(),
    pool,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    publish: async (event) => void events.push(event),
    publishRows: async () => undefined,
    // As if it had waited for its turn and for a worker before.
    retry: (attempt) => retryDelay({ ...attempt, elapsed: attempt.elapsed + 90_000 }, 0),
    hostsRemapped: false,
  })
  expect(events.map(({ outcome, reason, detail, visits: n }) => [outcome, reason, detail, n])).toEqual([
    ['ok', 'all_valid', expect.any(String), 2],
  ])
  expect(visits).toBe(2)
})
