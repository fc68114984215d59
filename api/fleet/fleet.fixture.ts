/** A fleet in which everything happens, for tests of the page and for looking at it. */
import { RecentRuns, type Block, type FleetScraper, type RunEvent } from '../../engine/index.ts'
import type { Fleet } from './fleet-source.ts'
import { compareRanks } from './rank.ts'
import { rowOf } from './row.ts'

const MIN = 60_000
const DAY = 86_400_000
export const HOSTILE = '<img src=x onerror=alert(1)>\u202E'

/** `o` ok, `a` absent, `l` lost its first field, `r` lost its last, `b` blocked, `t` told to wait, `d` down, `m` missed, `s` skipped, `c` crashed, `i` invalid, `h` partial. */
const KINDS: Record<string, Partial<RunEvent>> = {
  o: { reason: 'all_valid' },
  a: { outcome: 'absent', reason: 'marker' },
  r: { reason: 'all_valid' },
  l: {
    outcome: 'layout_changed',
    reason: 'selector',
    detail: 'Accounts: nothing matches "[data-balance]", nor a label "Balance".',
  },
  b: { outcome: 'blocked', reason: 'challenge', detail: 'header cf-mitigated: challenge' },
  t: { outcome: 'rate_limited', reason: '429', detail: '429, Retry-After: 900' },
  d: { outcome: 'site_down', reason: 'timeout', detail: 'no answer within 30 s' },
  m: { outcome: 'skipped', reason: 'missed', missed: 4 },
  s: { outcome: 'skipped', reason: 'blocked', detail: 'challenge until later' },
  c: { outcome: 'crashed', reason: 'page', detail: 'the tab crashed' },
  i: { outcome: 'invalid_data', reason: 'sane', detail: 'a balance above a billion' },
  h: { outcome: 'partial', reason: 'empty', detail: 'rate is empty' },
}

interface Story {
  name: string
  fleet?: string
  letters: string
  fields?: string[]
  /** Share of each field in its week. */
  week?: number[]
  more?: Partial<FleetScraper>
  run?: Partial<RunEvent>
  block?: Partial<Block>
  deploy?: string
  proposals?: string[]
}

const well = (n: number): string => 'o'.repeat(n)
const ACCOUNT = ['balance', 'transactions', 'rate', 'currency']

const STORIES: Story[] = [
  { name: 'north-bank', letters: well(38) + 'l'.repeat(12), deploy: '4f2a', proposals: ['balance'] },
  { name: 'coast-bank', letters: `${well(41)}bbsssssss`, block: {} },
  { name: 'river-bank', letters: well(44) + 'd'.repeat(6) },
  {
    name: 'stone-bank',
    letters: well(46),
    more: { due: -9 * MIN, last: { due: 0, started: -9 * MIN, worker: 'w' } },
  },
  { name: 'hill-bank', letters: `${well(30)}dd${well(10)}ccc${well(5)}` },
  {
    name: 'lake-bank',
    letters: well(25) + 'r'.repeat(20) + well(5),
    fields: [...ACCOUNT, 'IBAN', 'owner', 'limit', 'fee', 'branch', 'card'],
  },
  { name: 'wood-bank', letters: `${'oooa'.repeat(12)}oo`, run: { lateMs: 4200 } },
  { name: 'moor-bank', letters: `${well(40)}h` },
  { name: 'coin-exchange', fleet: 'exchanges', letters: `${well(47)}i`, fields: ['price', 'volume'] },
  { name: 'shop-api', fleet: 'shops', letters: '', fields: ['price', 'stock'] },
  { name: 'old-shop', fleet: 'shops', letters: well(50), more: { paused: { by: 'ann', since: -3 * DAY } } },
  { name: 'fair-bank', letters: `${well(20)}m${well(29)}` },
  {
    name: 'dale-bank',
    letters: `${well(20)}tt${well(28)}`,
    block: { outcome: 'rate_limited', reason: '429', exit: 'proxy-de-1' },
  },
  ...Array.from({ length: 8 }, (_, i) => ({
    name: `shop-${i + 1}`,
    fleet: 'shops',
    letters: well(50),
    fields: ['price', 'stock', 'title'],
  })),
]

const ODD: Story[] = [
  {
    name: `${HOSTILE}${'x'.repeat(120)}`,
    fleet: HOSTILE,
    letters: 'll',
    fields: [HOSTILE, 'y'.repeat(90)],
    run: { detail: HOSTILE.repeat(10), reason: HOSTILE },
    deploy: HOSTILE,
    block: { reason: HOSTILE, exit: HOSTILE },
  },
]

export function fleetFixture(now: number, which: 'usual' | 'hostile' | 'none' | number = 'usual'): Fleet {
  const many =
    typeof which === 'number'
      ? Array.from({ length: which }, (_, i) => ({ ...STORIES[i % STORIES.length]!, name: `site-${i}` }))
      : []
  const stories =
    which === 'none'
      ? []
      : which === 'hostile'
        ? [...ODD, ...STORIES.slice(0, 3)]
        : which === 'usual'
          ? STORIES
          : many
  const rows = stories.map((story) => rowOfStory(story, now))
  rows.sort((a, b) => compareRanks(a, b) || (a.scraper < b.scraper ? -1 : 1))
  return { at: now, rows, complete: true }
}

function rowOfStory(story: Story, now: number) {
  const { name, fleet = 'banks', letters, fields = ACCOUNT, run, block, deploy } = story
  const runs = new RecentRuns()
  const { due = 30_000, last, paused } = story.more ?? {}
  const host = `${name.slice(0, 40)}.example`
  const base = { scraper: name, kind: 'browser', fleet, host, url: `https://${host}/` } as const
  const evidence = 'a1b2c3d4e5f6-20000-1'
  for (const [i, letter] of [...letters].entries()) {
    const kind = KINDS[letter]!
    const right = 'oar'.includes(letter)
    runs.add({
      ...base,
      id: `${name}@${i}`,
      at: (last?.started ?? 0) + now - (letters.length - i) * MIN + 20_000,
      outcome: 'ok',
      reason: '',
      detail: '',
      right,
      ms: 400,
      version: '9c1e',
      present: [],
      missing: letter === 'l' ? [fields[0]!] : letter === 'r' ? [fields.at(-1)!, fields.at(-2)!] : [],
      empty: letter === 'h' ? ['rate'] : [],
      invalid: letter === 'i' ? [fields[0]!] : [],
      absent: [],
      ...kind,
      ...(right || letter === 's' ? {} : { evidence }),
      ...(right && run?.lateMs === undefined ? {} : run),
    })
  }
  const scraper: FleetScraper = {
    ...base,
    name,
    site: host,
    template: name,
    every: '1m',
    fields: fields.map((field) => ({ name: field, optional: false, absence: true })),
    version: '9c1e',
    since: now - 3 * DAY,
    due: now + due!,
    running: null,
    paused: paused ? { by: paused.by, since: now + paused.since } : null,
    asked: null,
    last: last ? { ...last, started: now + last.started } : null,
  }
  const open: Block | null = block
    ? {
        ...base,
        site: host,
        exit: 'direct',
        outcome: 'blocked',
        reason: 'challenge',
        detail: '',
        at: now,
        until: now + 25 * MIN,
        strikes: 2,
        ...block,
      }
    : null
  const marks = deploy === undefined ? [] : [{ name: 'all', version: deploy, at: now - 14 * MIN, by: 'ci' }]
  const week = (field: string) => ({ share: field === 'rate' ? 0.92 : 0.99, window: '7d' })
  const row = rowOf({
    scraper,
    runs: runs.of(name),
    weekOf: week,
    block: open,
    marks,
    proposals: story.proposals ?? [],
    now,
  })
  return deploy === undefined ? row : { ...row, origin: `began with our deploy ${deploy}` }
}
