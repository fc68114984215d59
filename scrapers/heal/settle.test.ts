/** What the gate hears of visits that were repeated: each under its own token, with its own outcome. */
import { expect, test } from 'vitest'
import { check } from '../index.ts'
import { answered, checked } from '../outcome/signals.fixture.ts'
import type { Signals } from '../outcome/signals.ts'
import { loneGate } from '../politeness/lone-gate.ts'
import { type Visited, settle } from './settle.ts'

test('a second try that was let in and not done is told as such, and the first outcome stands', async () => {
  const told: string[] = []
  const gate = {
    ...loneGate(),
    report: async ({ token }: { token: string }, { outcome }: { outcome: string }) => {
      told.push(`${token} ${outcome}`)
      return null
    },
  }
  const visited = (token: string, signals: Signals): Visited => {
    const limits = { minDelay: 0, concurrency: 0, budget: 0, lease: 1000, exits: ['direct'] }
    const turn = { visit: { site: 'a.example', token, ...limits }, exit: 'direct', at: 0, until: Infinity }
    return { signals, turn }
  }
  const visits = [
    visited('first', checked({ main: answered(503) })),
    visited('second', checked({ main: null, skip: { reason: 'busy', detail: 'no browser was free' } })),
  ]
  const ended = await settle(
    check('a', { url: 'https://a.example/', every: '1h' }),
    async () => visits.shift()!,
    { gate, pool: null, now: () => 0, sleep: async () => undefined, retry: () => 0 },
  )
  expect(told).toEqual(['first site_down', 'second skipped'])
  expect(ended).toMatchObject({ verdict: { outcome: 'site_down' }, turn: null, visits: 1 })
})
