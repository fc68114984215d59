/** One scraper process of `npm run bench -- politeness`: visits one address through the gate as often as it may. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../engine/index.ts'
import { check } from '../scrapers/index.ts'
import { redisGate } from '../scrapers/politeness/redis-gate.ts'
import { run } from '../scrapers/run.ts'
import type { RunWorld } from '../scrapers/run-world.ts'

const [redisUrl = '', url = '', rate = '', skew = '0'] = process.argv.slice(2)
/** The clocks of this process are wrong by so much, whoever in it reads them, ms. */
const wrong = Number(skew)
const [wall, monotone] = [Date.now, performance.now.bind(performance)]
Date.now = () => wall() + wrong
performance.now = () => monotone() + wrong
const client = connect(redisUrl, 'commit')
await client.connect()
const gate = redisGate(client, 'bench', () => performance.now())
const outcomes: Record<string, number> = {}
let calls = 0
const world: RunWorld = {
  gate: {
    ...gate,
    admit: (...given) => {
      calls += 1
      return gate.admit(...given)
    },
  },
  pool: null,
  now: Date.now,
  sleep: (ms) => sleep(ms),
  publish: async ({ outcome, reason }) => {
    const name = outcome === 'ok' ? 'ok' : `${outcome}.${reason}`
    outcomes[name] = (outcomes[name] ?? 0) + 1
  },
  publishRows: async () => undefined,
  hostsRemapped: false,
}
const visit = check('visitor', { url, rate, every: '1m', local: true })
let stopped = false
process.on('message', (word) => {
  if (word === 'stop') stopped = true
  else void Promise.all([visiting(), visiting()]).then(tell)
})
process.send!('ready')

function tell(): void {
  process.send!({ outcomes, calls })
  client.disconnect()
  process.disconnect()
}

async function visiting(): Promise<void> {
  while (!stopped) await run(visit, 'bench', world)
}
