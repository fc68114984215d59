/** The fault matrix once more, without a browser: the same scraper, the same verdicts, but for what only scripts do. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunEvent, connect } from '../../engine/index.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { redisGate } from '../politeness/redis-gate.ts'
import { startFaultExits } from '../pool/fault-exit.fixture.ts'
import { FAULTS } from '../pool/fault-matrix.fixture.ts'
import { targetOf } from '../pool/fault.fixture.ts'
import { type FaultSite, startFaultSite } from '../pool/fault-site.fixture.ts'
import { run } from '../run.ts'

/** Where it is right that the verdict is another one. */
const OTHERWISE: Record<string, string> = {
  'filled in by a script': 'layout_changed.selector',
  'filled in by a script, so a browser looks': 'layout_changed.selector',
  'moved by a script': 'layout_changed.identity',
  'sent to a metadata service by a script': 'layout_changed.identity',
  'a loop that never ends': 'ok.all_valid',
  // Nobody told this process to trust that certificate; no browser, no list of its ports; and Node's words for silence.
  'a certificate that ends in 5 days': 'site_down.tls',
  'a port no browser opens': 'site_down.connect',
  'nothing at all': 'site_down.reset',
}

let site: FaultSite
let proxies: Awaited<ReturnType<typeof startFaultExits>>
let redis: TestRedis
let client: ReturnType<typeof connect>
const events = new Map<string, RunEvent>()

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
  site = await startFaultSite(FAULTS.map(({ answer }) => answer))
  proxies = await startFaultExits()
  const world = {
    exits: proxies.exits,
    gate: redisGate(client, 'test', () => performance.now()),
    pool: null,
    now: Date.now,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    publish: async () => undefined,
    publishRows: async () => undefined,
    hostsRemapped: false,
  }
  const queue = [...FAULTS.entries()]
  const next = async (): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      const [index, fault] = one
      const made = targetOf({ ...fault, with: 'http' }, site.url(index, fault.at), `case-${index}`)
      events.set(fault.name, await run(made, 'v1', world))
    }
  }
  // All at once, a busy machine would be slower than the cases that are about time.
  await Promise.all(Array.from({ length: 20 }, next))
})
afterAll(async () => {
  await site?.close()
  proxies?.close()
  client?.disconnect()
  await redis?.stop()
})

test.each(FAULTS.map(({ name, expected, as }) => [name, OTHERWISE[name] ?? expected, as]))(
  '%s is %s',
  (name, expected, as) => {
    const { outcome, reason, detail, via } = events.get(name)!
    expect(`${outcome}.${reason}: ${detail}`).toMatch(new RegExp(`^${expected}:`))
    if (outcome !== 'skipped' && as === undefined) expect(via).toBe('http')
  },
)

test('what is read is what a browser reads', () => {
  const { data } = events.get('good')!
  expect(JSON.parse(data!)).toEqual({ balance: 1234.56, iban: 'X1', transactions: ['a', 'b'] })
})
