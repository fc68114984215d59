/** The board says what is so, in plain words, and nothing good of what it does not know. */
import { describe, expect, test } from 'vitest'
import type { Health } from '../../engine/index.ts'
import { PROOF, alert, BANKS, config, health, input, NOW, row, rows, STATES } from './fixture.ts'
import type { BoardInput, BoardState, Part } from './board.ts'
import { boardState, MAX_ALERTS } from './state.ts'

const board = (more: Partial<BoardInput> = {}): BoardState => boardState(input(more))
const text = (parts: Part[]): string =>
  parts.map((part) => ('text' in part ? part.text : `{${(NOW - part.age) / 1000} s}`)).join('')
const first = (state: BoardState): string => text(state.headline.first)
const second = (state: BoardState): string => text(state.headline.second)
const banks = (ratio: (i: number) => number | null, asOf = NOW - 1000): BoardInput['kpis'] =>
  rows({ success: BANKS.map((scraper, i) => row({ scraper }, { ratio: ratio(i) }, asOf)) })

describe('headline', () => {
  test('all fine', () => {
    const state = board()
    expect(first(state)).toBe('All 8 banks fine.')
    expect(second(state)).toBe('')
    expect(state.mood).toBe('good')
  })

  test('counts who is not fine and names the newest most severe', () => {
    const lake = alert({ id: 'l', group: { scraper: 'lake-bank' }, since: NOW - 1000, severity: 'warning' })
    const state = board({ alerts: [lake, alert()] })
    expect(first(state)).toBe('6 of 8 banks fine.')
    expect(second(state)).toBe('North Bank changed its page {240 s} ago.')
    expect(state.mood).toBe('bad')
    expect(state.problems).toBe(2)
  })

  test('two alerts of one bank are one bank', () => {
    expect(first(board({ alerts: [alert(), alert({ id: 'b' })] }))).toBe('7 of 8 banks fine.')
  })

  test('pending and resolved alerts make nobody not fine', () => {
    const alerts = [alert({ state: 'pending' }), alert({ id: 'b', state: 'resolved' })]
    expect(first(board({ alerts }))).toBe('All 8 banks fine.')
  })

  test('an alert about something else leaves the banks fine, but not the wall green', () => {
    const spike = alert({
      metric: 'volume',
      group: { pair: 'BTC-EUR' },
      severity: 'warning',
      sentence: 'Volume of BTC-EUR is high.',
    })
    const state = board({ alerts: [{ ...spike, evidence: { ...spike.evidence, samples: [] } }] })
    expect(first(state)).toBe('All 8 banks fine.')
    expect(second(state)).toBe('Volume of BTC-EUR has been high for {240 s}.')
    expect(state.mood).toBe('warn')
  })

  test('a bank without rows that has an alert of the headline metric counts', () => {
    const state = board({ alerts: [alert({ group: { scraper: 'ghost-bank' } })] })
    expect(first(state)).toBe('8 of 9 banks fine.')
  })

  test('one alert for a template is about all the banks that it names', () => {
    const about = { scraper: ['north-bank', 'south-bank', 'stranger'], field: ['balance'] }
    const broken = alert({ kind: 'drift', group: { template: 'core' }, about })
    expect(first(board({ alerts: [broken] }))).toBe('6 of 8 banks fine.')
    expect(board({ alerts: [broken] }).problems).toBe(1)
  })

  test.for([
    [() => null, 'Nothing known of 8 banks.', ''],
    [(i: number) => (i === 2 ? null : 1), '7 of 8 banks fine.', 'No news of East Bank.'],
    [(i: number) => (i < 2 ? null : 1), '6 of 8 banks fine.', 'No news of North Bank and South Bank.'],
    [(i: number) => (i < 3 ? null : 1), '5 of 8 banks fine, 3 unknown.', ''],
  ] as const)('what is not known is said, and is not good: %#', ([ratio, said, more]) => {
    const state = board({ kpis: banks(ratio) })
    expect(first(state)).toBe(said)
    expect(second(state)).toBe(more)
    expect(state.mood).toBe('unknown')
  })

  test('who is unknown is counted where the second sentence tells of an alert', () => {
    const state = board({ kpis: banks((i) => (i === 2 ? null : 1)), alerts: [alert()] })
    expect(first(state)).toBe('6 of 8 banks fine, 1 unknown.')
  })

  test('a value of long ago is not known now', () => {
    expect(first(board({ kpis: banks(() => 1, NOW - 400_000) }))).toBe('Nothing known of 8 banks.')
    expect(first(board({ kpis: banks(() => 1, NOW - 250_000) }))).toBe('All 8 banks fine.')
  })

  test('history being loaded is as of its own time', () => {
    const made = config()
    made.streams[0]!.clock = 'event'
    expect(first(board({ config: made, kpis: banks(() => 1, 1e12) }))).toBe('All 8 banks fine.')
  })

  test('a count of nothing is no news', () => {
    const kpis = rows({
      success: BANKS.map((scraper, i) => row({ scraper }, { count: i && 3, mean: i ? 1 : null })),
    })
    expect(second(board({ kpis }))).toBe('No news of North Bank.')
  })

  test('nobody heard of yet', () => {
    const state = board({ kpis: () => [] })
    expect(first(state)).toBe('No news of any banks yet.')
    expect(state.mood).toBe('unknown')
  })

  test('one and none', () => {
    const one = rows({ success: [row({ scraper: 'north-bank' }, { ratio: 1 })] })
    expect(first(board({ kpis: one }))).toBe('The one bank is fine.')
    expect(first(board({ kpis: one, alerts: [alert()] }))).toBe('The one bank is not fine.')
    const all = BANKS.map((scraper, i) => alert({ id: String(i), group: { scraper } }))
    expect(first(board({ alerts: all }))).toBe('None of 8 banks fine.')
  })

  test('groups beyond the limit and without a name are no subjects', () => {
    const odd = [row({ scraper: '__other__' }, { ratio: 1 }), row({ scraper: '' }, { ratio: 1 })]
    expect(first(board({ kpis: rows({ success: odd }) }))).toBe('No news of any banks yet.')
  })

  test('without a headline in the config problems are counted', () => {
    const made = config()
    made.board.headline = null
    expect(first(board({ config: made }))).toBe('All fine.')
    expect(first(board({ config: made, alerts: [alert()] }))).toBe('1 problem.')
    const never = board({ config: made, health: health({ newestEventAt: null }) })
    expect(first(never)).toBe('No events yet.')
    expect(never.mood).toBe('unknown')
  })

  test('no configuration', () => {
    const state = board({ config: null, lines: [] })
    expect(first(state)).toBe('No configuration yet.')
    expect([state.mood, state.promises, state.numbers]).toEqual(['unknown', [], []])
  })
})

describe('when Weir cannot see', () => {
  const away = health({ redis: { ok: false, version: '', series: '' } })
  test.for<[Health, string, string]>([
    [health({ engine: 'down' }), 'The engine is not running.', 'No engine is running'],
    [health({ engine: 'behind', lagEntries: 3204 }), 'The engine is behind.', '3,204 entries wait'],
    [away, 'Redis does not answer.', 'Redis does not answer'],
    [health({ now: NOW - 60_000 }), 'Weir cannot see itself.', 'Weir cannot see itself.'],
  ])('%# it says so, tells the last known state, and nothing is good', ([seen, said, notice]) => {
    for (const alerts of [[], [alert()]]) {
      const state = board({ health: seen, alerts })
      expect(first(state)).toBe(said)
      expect(second(state)).toBe(`${8 - alerts.length} of 8 banks were fine {1 s} ago.`)
      expect(state.own.notice).toContain(notice)
      const moods = [state, state.own, ...state.promises, ...state.numbers].map((each) => each.mood)
      expect(new Set(moods)).toEqual(new Set(['unknown']))
    }
  })
})

describe('plain words', () => {
  const said = (more: Parameters<typeof alert>[0]) => second(board({ alerts: [alert(more)] }))
  const outcome = (it: string) => ({
    evidence: { partition: 0, from: null, to: null, samples: [{ outcome: 'ok' }, { outcome: it }] },
  })
  test.for([
    ['layout_changed', 'North Bank changed its page {240 s} ago.'],
    ['site_down', 'North Bank has been down for {240 s}.'],
    ['blocked', 'North Bank has blocked us for {240 s}.'],
    ['rate_limited', 'North Bank asked us to slow down {240 s} ago.'],
    ['crashed', 'Our scraper of North Bank crashed {240 s} ago.'],
    ['unheard-of', 'success of North Bank is 0%, below 90% (for {240 s}).'],
  ] as const)('%s', ([it, words]) => {
    expect(said(outcome(it))).toBe(words)
  })
  test('silence', () => {
    expect(said({ kind: 'noData' })).toBe('No news of North Bank for {240 s}.')
  })
  test("the author's own sentence wins, with the name as people read it", () => {
    const made = config()
    made.rules.push({
      id: 'threshold-success',
      says: '{scraper} lost its balance',
    } as (typeof made.rules)[number])
    const state = board({ config: made, alerts: [alert({ sentence: 'north-bank lost its balance.' })] })
    expect(second(state)).toBe('North Bank lost its balance {240 s} ago.')
  })
  test.for([
    ['North Bank lost its mind.', 'North Bank lost its mind {240 s} ago.'],
    ['East Bank is slow: half of its answers take 2 s or more.', 'East Bank has been slow for {240 s}.'],
    ['5 % of all requests fail.', '5 % of all requests fail (for {240 s}).'],
    ['BTC-EUR volume is 1,240, normally 300.', 'BTC-EUR volume is 1,240, normally 300 (for {240 s}).'],
    ['North Bank: success ratio is 0 %.', 'North Bank: success ratio has been 0 % for {240 s}.'],
  ] as const)('%s', ([sentence, words]) => {
    expect(said({ sentence, ...outcome('unheard-of') })).toBe(words)
  })
  test('an alert without a sentence still says something', () => {
    expect(said({ sentence: ' ', group: {} })).toBe('Something has been wrong for {240 s}.')
  })
})

describe('open alerts', () => {
  test('a cause in the words of a browser reads as words', () => {
    const state = board({ alerts: [alert({ cause: 'net::ERR_CONNECTION_RESET' })] })
    expect(state.alerts[0]?.cause).toBe('connection reset')
  })

  test('the proof is that of the newest run of which something was kept, read with a browser or without', () => {
    const proofOf = (...samples: Record<string, unknown>[]) =>
      board({ alerts: [alert({ evidence: { partition: 0, from: null, to: null, samples } })] }).alerts[0]!
        .proof
    const kind = 'browser'
    const older = { kind, evidence: 'b1b2c3d4e5f6-20605-1' }
    expect(proofOf({ kind }, { kind, evidence: '../../x' }, { kind, evidence: PROOF }, older)).toBe(PROOF)
    expect(proofOf({ kind: 'http', evidence: PROOF })).toBe(PROOF)
    expect(proofOf({ kind })).toBeNull()
  })

  test('firing before pending, critical before warning, newest first, bounded', () => {
    const make = (
      id: string,
      severity: 'critical' | 'warning',
      ago: number,
      state: 'firing' | 'pending' = 'firing',
    ) => alert({ id, severity, since: NOW - ago, state })
    const alerts = [
      make('pending', 'critical', 1, 'pending'),
      make('old', 'critical', 9000),
      make('warn', 'warning', 10),
      make('new', 'critical', 100),
    ]
    const order = board({ alerts }).alerts.map((each) => each.id)
    expect(order).toEqual(['new', 'old', 'warn', 'pending'])
    const many = Array.from({ length: 30 }, (_, i) => alert({ id: String(i) }))
    const state = board({ alerts: many })
    expect([state.alerts.length, state.moreAlerts]).toEqual([MAX_ALERTS, 30 - MAX_ALERTS])
  })

  test('the cause is told, and doubt where the verdict is unknown', () => {
    expect(board({ alerts: [alert()] }).alerts[0]).toMatchObject({
      sentence: 'North Bank changed its page',
      cause: 'selector [data-balance] matched nothing',
    })
    const doubt = alert({ verdict: 'unknown', reason: 'no samples in 10m' })
    expect(board({ alerts: [doubt] }).alerts[0]!.cause).toBe('Not known right now: no samples in 10m')
    expect(board({ alerts: [alert({ cause: null })] }).alerts[0]!.cause).toBe(
      'success of North Bank is 0%, below 90%.',
    )
  })
})

describe('promises', () => {
  const p95 = (value: number | null) =>
    board({ kpis: rows({ latency: [row({}, { p95: value })] }) }).promises[2]!
  test('kept, broken, unknown', () => {
    expect(p95(900)).toMatchObject({ mood: 'good', value: '900', unit: 'ms', target: 'at most 900 ms' })
    expect(p95(1400)).toMatchObject({ mood: 'bad', value: '1,400' })
    expect(p95(null)).toMatchObject({ mood: 'unknown', value: '–', unit: '' })
  })
  test('a broken one never reads like its target', () => {
    expect(p95(900.04)).toMatchObject({ mood: 'bad', value: '900.04' })
    const right = board({ kpis: rows({ right: [row({}, { ratio: 0.99499 })] }) }).promises[0]!
    expect(right).toMatchObject({ mood: 'bad', value: '99.49', target: 'at least 99.5%' })
  })
  test('of several groups that cannot be merged the worst is shown', () => {
    const kpis = rows({
      latency: [row({ a: '1' }, { p95: 100 }), row({ a: '2' }, { p95: 700 })],
      right: [row({ a: '1' }, { ratio: 1 }), row({ a: '2' }, { ratio: 0.5 })],
    })
    const { promises } = board({ kpis })
    expect(promises[2]!.value).toBe('700')
    expect(promises[0]!.value).toBe('50')
  })
  test('a gap is a gap, old points are gone', () => {
    const step = 600_000
    const points: [number, number][] = [0, 1, 2, 5, 6].map((i) => [NOW - 10 * step + i * step, 1])
    const { line } = board({ lines: [[[NOW - 90_000_000, 1], ...points], [], []] }).promises[0]!
    expect(line.map(([, value]) => value)).toEqual([1, 1, 1, null, 1, 1])
    expect(line[0]![0]).toBe(NOW - 10 * step)
  })
  test('a line in words', () => {
    expect(board().promises[2]!.lineInWords).toMatch(
      /^Last 24 hours: from \d+ ms to [\d,]+ ms, target 900 ms$/,
    )
    expect(board({ lines: [] }).promises[2]!.lineInWords).toBe('Last 24 hours: nothing known')
  })
})

describe('numbers', () => {
  test('sums add up, means weigh, groups match', () => {
    const kpis = rows({
      volume: [
        row({ pair: 'BTC-EUR' }, { mean: 10, sum: 100, count: 10 }),
        row({ pair: 'ETH-EUR' }, { mean: 40, sum: 120, count: 3 }),
      ],
    })
    const made = config()
    made.board.numbers.push({ title: 'all', metric: 'volume', stat: 'mean', window: '5m', group: {} })
    made.board.numbers.splice(0, 4)
    const values = board({ config: made, kpis }).numbers.map((each) => each.value)
    expect(values).toEqual(['€40', '€10', '€220', '€16.9'])
  })
  test('at most seven, three promises', () => {
    const made = config()
    made.board.numbers = Array.from({ length: 20 }, () => made.board.numbers[0]!)
    made.board.promises = Array.from({ length: 20 }, () => made.board.promises[0]!)
    const state = board({ config: made })
    expect([state.numbers.length, state.promises.length]).toEqual([7, 3])
  })
  test('an alert about the number colours it', () => {
    const about = { metric: 'volume', stat: 'mean', group: { pair: 'BTC-EUR' } } as const
    const { numbers } = board({ alerts: [alert(about)] })
    expect(numbers.map((each) => each.mood)).toEqual(['good', 'good', 'good', 'good', 'good', 'bad', 'good'])
  })
})

test('own health', () => {
  expect(board().own).toEqual({ mood: 'good', rate: '412 events/s', newestEventAt: NOW - 2000, notice: null })
  const problem = 'streams.config.ts:3 unknown field'
  const refused = board({ health: health({ config: { hash: 'x', since: 1, problem }, eventsPerSecond: 1 }) })
  expect(refused.own).toMatchObject({ mood: 'warn', rate: '1 event/s' })
  expect(refused.own.notice).toBe(`Config change refused, the old one runs on: ${problem}`)
  expect(board({ health: health({ eventsPerSecond: 0.42 }) }).own.rate).toBe('0.4 events/s')
})

test('the audit: calm while nothing is lost or doubled, unknown when it is old, loud when it is not exact', () => {
  const audit = (more: object): BoardState['audit'] => {
    const found = {
      events: 1_204_331,
      kills: 62,
      lost: 0,
      doubled: 0,
      problem: null,
      at: NOW - 1000,
      ...more,
    }
    return board({ health: health({ audit: found }) }).audit
  }
  expect(board().audit).toBeNull()
  const text = '1,204,331 events · 62 kills · lost 0 · doubled 0'
  expect(audit({})).toEqual({ mood: 'good', text, at: NOW - 1000 })
  expect(audit({ at: NOW - 25_000 })).toMatchObject({ mood: 'unknown', text })
  expect(audit({ problem: 'a log was trimmed' })).toMatchObject({ mood: 'unknown' })
  const lost = audit({ lost: 3, problem: 'torture.2 counted 7 of 10', at: NOW - 25_000 })
  expect(lost).toMatchObject({ mood: 'bad' })
  expect(lost!.text).toContain('lost 3 · doubled 0 · torture.2 counted 7 of 10')
  expect(audit({ doubled: 1 })).toMatchObject({ mood: 'bad' })
})

test('whatever arrives, the board stays small', () => {
  for (const make of Object.values(STATES)) expect(JSON.stringify(make()).length).toBeLessThan(40_000)
  const huge = 'ab '.repeat(2_000_000)
  const alerts = [alert({ sentence: huge, cause: huge, group: { scraper: huge } })]
  const made = config()
  made.board.title = made.board.headline!.noun = made.metrics[3]!.unit = huge
  expect(JSON.stringify(board({ config: made, alerts })).length).toBeLessThan(40_000)
})
