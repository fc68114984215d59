/** The bank scrapers on the example world, with a real browser: right while all is well, and right about what is not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountAt } from '../../../examples/world/account.ts'
import { BANKS } from '../../../examples/world/bank/index.ts'
import { dealt, faultOf } from '../../../examples/world/deal.ts'
import { openWorld, type World } from '../../../examples/world/world.ts'
import { findChromium } from '../../../launch/chromium.ts'
import type { BrowserScraper } from '../../index.ts'
import { judge, type Verdict } from '../../outcome/judge.ts'
import type { Signals } from '../../outcome/signals.ts'
import { LIMITS, PATIENT } from '../../pool/patient.fixture.ts'
import { openPool, type Pool } from '../../pool/pool.ts'
import { visit } from '../../pool/visit.ts'

const deal = dealt(6)
// At the same moment of each minute, so that no transaction comes while a page is read.
let clock = 1_790_000_030_000
let world: World
let pool: Pool

beforeAll(async () => {
  world = await openWorld({ deal, port: 0, eventsTo: null, hours: 0, now: () => clock })
  process.env.WEIR_WORLD_PORT = String(world.port)
  const { path } = await findChromium()
  pool = await openPool({ executable: path, workers: 2, ...PATIENT })
})
afterAll(async () => {
  await pool?.close()
  await world?.close()
})

async function visited(bank: string): Promise<{ signals: Signals; verdict: Verdict }> {
  const { default: scraper } = (await import(`../${bank}.ts`)) as { default: BrowserScraper }
  const signals = await pool.run((lease) => visit(lease, scraper), LIMITS)
  return { signals, verdict: judge(signals) }
}

async function visitAll(): Promise<Record<string, Awaited<ReturnType<typeof visited>>>> {
  const names = Object.keys(BANKS)
  const results = await Promise.all(names.map(visited))
  return Object.fromEntries(names.map((name, i) => [name, results[i]!]))
}

describe('eight banks', () => {
  test('are read right before anything happens, the empty account as empty', async () => {
    for (const [bank, { signals, verdict }] of Object.entries(await visitAll())) {
      const empty = faultOf(deal, bank, -1) === 'empty'
      expect({ bank, ...verdict }).toMatchObject({ bank, outcome: empty ? 'absent' : 'ok' })
      const account = accountAt(deal.draw, bank, clock, empty)
      expect({ bank, balance: signals.fields.balance?.value }).toEqual({
        bank,
        balance: account.balance / 100,
      })
      const transactions = signals.fields.transactions?.value as unknown[] | undefined
      expect({ bank, n: transactions?.length ?? 0 }).toEqual({ bank, n: account.transactions.length })
    }
  })

  test('are judged right once every fault has begun', async () => {
    await world.goLive(() => undefined)
    clock += 60_000
    const outcomes = {
      renames: 'layout_changed',
      down: 'site_down',
      throttled: 'rate_limited',
      challenge: 'blocked',
      empty: 'absent',
      slow: 'ok',
    }
    for (const [bank, { signals, verdict }] of Object.entries(await visitAll())) {
      const fault = faultOf(deal, bank, 60_000)
      expect({ bank, ...verdict }).toMatchObject({ bank, outcome: fault === null ? 'ok' : outcomes[fault] })
      if (fault === 'renames') {
        expect(signals.fields.balance?.state).toBe('missing')
        expect(signals.fields.transactions?.state).toBe('ok')
      }
      if (fault === 'throttled') expect(signals.main?.headers['retry-after']).toBe('20')
      if (fault === 'slow') expect(signals.timings.response).toBeGreaterThan(2500)
      if (fault === null) expect(signals.timings.response).toBeLessThan(1000)
    }
  })
})
