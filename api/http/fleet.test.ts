import { expect, test } from 'vitest'
import {
  RecentRuns,
  type Block,
  type FleetScraper,
  type Proposal,
  type RunEvent,
} from '../../engine/index.ts'
import { emptySchedule, noBlocks, noDeploys, noProposals, NOW, testApp } from '../app.fixture.ts'
import { createFleetSource } from '../fleet/fleet-source.ts'
import { MemoryReader } from '../memory-reader.fixture.ts'
import type { FleetAnswer } from './fleet.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

/** Seven scrapers, of which `c` and `f` have lost their page. */
function manyScrapers() {
  const runs = new RecentRuns()
  const base = { kind: 'http', host: 'x.example', url: 'https://x.example/', version: 'v1' } as const
  const scrapers = NAMES.map((name, i): FleetScraper => ({
    ...base,
    name,
    // The last one shares the limits of another host.
    site: name === 'g' ? 'shared.example' : base.host,
    fleet: i % 2 === 0 ? 'even' : 'odd',
    template: name,
    every: '1m',
    fields: [],
    since: 1,
    due: NOW,
    running: null,
    paused: null,
    asked: null,
    last: null,
  }))
  for (const { name, fleet } of scrapers)
    for (let i = 0; i < 6; i++) {
      const right = !(name === 'c' || (name === 'f' && i > 2))
      const none = { present: [], missing: [], empty: [], invalid: [], absent: [] }
      const outcome: RunEvent['outcome'] = right ? 'ok' : 'layout_changed'
      const about = { ...base, ...none, scraper: name, fleet, outcome, right, reason: 'identity' }
      runs.add({ ...about, at: NOW - 1000 + i, detail: '', ms: 1 })
    }
  let looks = 0
  const recent = {
    look: async () => {
      looks++
      return { runs, complete: true }
    },
    close: () => undefined,
  }
  const reader = new MemoryReader()
  const schedule = { ...emptySchedule, scrapers: async () => scrapers }
  let now = NOW
  const deploys = {
    ...noDeploys,
    marks: async () => [{ name: 'odd', version: '4f2a', at: NOW - 1200, by: 'ci' }],
  }
  const proposal = { scraper: 'f', field: 'price' } as Proposal
  const proposals = { ...noProposals, list: async () => [proposal, proposal] }
  const clock = (): number => now
  const block: Block = {
    site: 'shared.example',
    at: NOW,
    until: NOW + 1000,
    strikes: 1,
    scraper: 'elsewhere',
    exit: 'direct',
    outcome: 'blocked',
    reason: 'captcha',
    detail: '',
    url: '',
  }
  const open: Block[] = [
    block,
    // Its own, by another exit, is the shorter one; and that of a site which was its own before says nothing.
    { ...block, scraper: 'g', exit: 'berlin', until: NOW + 500 },
    { ...block, site: 'left.example', scraper: 'a', until: NOW + 9000 },
  ]
  const blocks = { ...noBlocks, list: async () => ({ blocks: open, cursor: null, complete: true }) }
  const fleet = createFleetSource({ reader, schedule, blocks, deploys, proposals, recent, clock })
  const { app } = testApp({ fleet })
  const ask = async (query: string): Promise<FleetAnswer> =>
    (await (await app.request(`/v1/fleet${query}`)).json()) as FleetAnswer
  return { app, ask, looks: () => looks, pass: (ms: number) => (now += ms) }
}

test('worst first, page by page, each once', async () => {
  const { ask } = manyScrapers()
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: FleetAnswer = await ask(
      `?limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    expect(page.total).toBe(7)
    seen.push(...page.rows.map(({ scraper }) => scraper))
    cursor = page.cursor
  }
  expect(seen).toEqual(['c', 'f', 'a', 'b', 'd', 'e', 'g'])
})

test('what stands in an answer', async () => {
  const { ask } = manyScrapers()
  const { moods, fleets, rows, ran, right } = await ask('')
  expect(moods).toEqual({ bad: 2, warn: 0, unknown: 0, good: 5 })
  expect(fleets).toEqual(['even', 'odd'])
  expect(ran).toBe(1)
  expect(right).toBeCloseTo((5 + 0.5) / 7)
  expect(rows[1]).toMatchObject({
    scraper: 'f',
    why: [{ text: 'another page (identity) in 3 of 3 runs' }],
    deploy: { version: '4f2a', at: NOW - 1200, by: 'ci' },
    origin: 'began with our deploy 4f2a of odd',
    right: 0.5,
    proposals: ['price'],
  })
})

test('a fleet, a part of a name, a mood', async () => {
  const { ask } = manyScrapers()
  expect((await ask('?fleet=odd&mood=bad')).rows.map(({ scraper }) => scraper)).toEqual(['f'])
  expect((await ask('?scraper=g')).total).toBe(1)
})

test('many who ask cost one look', async () => {
  const { ask, looks, pass } = manyScrapers()
  await Promise.all([ask(''), ask('?limit=1'), ask('')])
  expect(looks()).toBe(1)
  pass(2001)
  await ask('')
  expect(looks()).toBe(2)
})

test.each(['?limit=0', '?limit=501', '?mood=sad', '?cursor=x', '?flet=odd'])(
  '%s is refused',
  async (query) => {
    expect((await manyScrapers().app.request(`/v1/fleet${query}`)).status).toBe(400)
  },
)

test('a scraper that shares the limits of a site is closed with it, until the last of its blocks ends', async () => {
  const { ask } = manyScrapers()
  const { rows } = await ask('?limit=7')
  const closed = rows.flatMap(({ scraper, blocked }) => (blocked === null ? [] : [[scraper, blocked.until]]))
  expect(closed).toEqual([['g', NOW + 1000]])
})
