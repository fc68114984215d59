/** Boards to test and to look at: a small invented config, alerts, health, and the states they make. */
import type {
  Alert,
  CompiledConfig,
  CompiledMetric,
  Health,
  KpiRow,
  Origin,
  Stat,
} from '../../engine/index.ts'
import type { BoardInput, BoardState } from './board.ts'
import { boardState } from './state.ts'

export const NOW = Date.UTC(2026, 5, 1, 12, 0, 0)
export const BANKS = ['north', 'south', 'east', 'west', 'lake', 'hill', 'coast', 'forest'].map(
  (it) => `${it}-bank`,
)

function metric(name: string, stats: Stat[], more: Partial<CompiledMetric> = {}): CompiledMetric {
  const windows = [{ name: '5m', size: 300_000, slide: 5000, rung: '10s' as const }]
  const rest = { of: null, where: null, series: [], title: name, unit: '', hash: name, by: [] }
  return { name, stream: 'runs', stats, windows, ...rest, ...more }
}

const everywhere = { window: '5m', group: {} }

export function config(): CompiledConfig {
  const number = (title: string, name: string, stat: Stat, group = {}) => {
    return { title, metric: name, stat, window: '5m', group }
  }
  return {
    version: 1,
    namespace: 'weir',
    streams: [
      {
        name: 'runs',
        key: 'scraper',
        time: 'at',
        clock: 'live',
        lateness: 0,
        disorder: 0,
        partitions: 8,
        retention: { age: 86_400_000, bytes: 64e6 },
        schema: { type: 'object', properties: {} },
        schemaVersion: 'a',
      },
    ],
    metrics: [
      metric('success', ['ratio'], { by: ['scraper'] }),
      metric('right', ['ratio']),
      metric('up', ['ratio']),
      metric('latency', ['p95', 'count', 'rate'], { of: 'ms', unit: 'ms' }),
      metric('volume', ['mean', 'sum'], { by: ['pair'], of: 'volume', unit: '€' }),
    ],
    rules: [],
    channels: [],
    checks: [],
    scrapers: [],
    board: {
      title: 'Acme Data',
      headline: { metric: 'success', field: 'scraper', noun: 'banks' },
      promises: [
        {
          title: 'Right data',
          metric: 'right',
          stat: 'ratio',
          direction: 'atLeast',
          target: 0.995,
          ...everywhere,
        },
        {
          title: 'Availability',
          metric: 'up',
          stat: 'ratio',
          direction: 'atLeast',
          target: 0.999,
          ...everywhere,
        },
        {
          title: 'Answer time, p95',
          metric: 'latency',
          stat: 'p95',
          direction: 'atMost',
          target: 900,
          ...everywhere,
        },
      ],
      numbers: [
        number('Requests to our API in 5 min', 'latency', 'count'),
        number('Requests', 'latency', 'rate'),
        number('p95', 'latency', 'p95'),
        number('Right data', 'right', 'ratio'),
        number('ETH volume', 'volume', 'mean', { pair: 'ETH-EUR' }),
        number('BTC volume', 'volume', 'mean', { pair: 'BTC-EUR' }),
        number('Turnover', 'volume', 'sum'),
      ],
    },
    hash: 'c0ffee',
  }
}

export function health(more: Partial<Health> = {}): Health {
  return {
    engine: 'ok',
    redis: { ok: true, version: '7.0.15', series: 'plain Redis' },
    config: { hash: 'c0ffee', since: NOW, problem: null },
    eventsPerSecond: 412,
    newestEventAt: NOW - 2000,
    now: NOW,
    lagEntries: 0,
    audit: null,
    ...more,
  }
}

export function alert(more: Partial<Alert> = {}): Alert {
  return {
    id: 'a1',
    rule: 'threshold-success',
    kind: 'threshold',
    severity: 'critical',
    metric: 'success',
    stat: 'ratio',
    unit: '',
    stream: 'runs',
    group: { scraper: 'north-bank' },
    state: 'firing',
    verdict: 'firing',
    reason: 'below 0.9',
    since: NOW - 240_000,
    firedAt: NOW - 230_000,
    resolvedAt: null,
    updatedAt: NOW,
    value: 0,
    normal: 0.9,
    window: { name: '5m', from: NOW - 300_000, to: NOW },
    sentence: 'success of north-bank is 0%, below 90%.',
    cause: 'selector [data-balance] matched nothing',
    evidence: {
      partition: 0,
      from: null,
      to: null,
      samples: [{ scraper: 'north-bank', outcome: 'layout_changed' }],
    },
    spark: [],
    notify: [],
    ...more,
  }
}

export function row(group: Record<string, string>, values: KpiRow['values'], asOf = NOW - 1000): KpiRow {
  return { group, asOf, values }
}

/** 24 h in steps of 10 min around `level`, with a dip of `depth` eight hours ago and a gap after it. */
export function line(level: number, noise: number, depth: number): [number, number][] {
  const points: [number, number][] = []
  for (let i = 0; i < 144; i++) {
    if (i >= 104 && i < 109) continue
    const wave = Math.sin(i * 0.7) * Math.cos(i * 0.23) * noise
    const dip = i > 92 && i < 102 ? depth * Math.sin(((i - 92) / 10) * Math.PI) : 0
    points.push([NOW - (143 - i) * 600_000, level + wave + dip])
  }
  return points
}

export function rows(more: Record<string, KpiRow[]> = {}): BoardInput['kpis'] {
  const all: Record<string, KpiRow[]> = {
    success: BANKS.map((scraper) => row({ scraper }, { ratio: 1 })),
    right: [row({}, { ratio: 0.9984 })],
    up: [row({}, { ratio: 0.99942 })],
    latency: [row({}, { p95: 642, count: 123_512, rate: 412.3 })],
    volume: [
      row({ pair: 'BTC-EUR' }, { mean: 1242.4, sum: 12_345_678 }),
      row({ pair: 'ETH-EUR' }, { mean: 88, sum: 70 }),
    ],
    ...more,
  }
  return (name) => all[name] ?? []
}

export function input(more: Partial<BoardInput> = {}): BoardInput {
  const lines = [
    line(0.998, 0.0012, -0.012).map(([at, value]): [number, number] => [at, Math.min(1, value)]),
    line(0.9996, 0.0003, 0).map(([at, value]): [number, number] => [at, Math.min(1, value)]),
    line(640, 80, 420),
  ]
  return {
    config: config(),
    kpis: rows(),
    alerts: [],
    origins: new Map(),
    lines,
    health: health(),
    now: NOW,
    ...more,
  }
}

/** What is known of where alerts came from. */
const origins: BoardInput['origins'] = new Map([
  ['a1', origin('deploy', 'began with our deploy 4f2a, 3 min before')],
  ['a3', origin('none', 'no change of ours in 6 days')],
  ['m1', origin('deploy', 'began with our deploy 4f2a, 3 min before')],
])

function origin(kind: Origin['kind'], words: string): Origin {
  return { kind, words, change: null, quietMs: 0 }
}

/** States worth a look, by name. */
export const STATES: Record<string, () => BoardState> = {
  fine: () => boardState(input()),
  problems: () =>
    boardState(input({ alerts: twoProblems(), origins, kpis: rows({ right: [row({}, { ratio: 0.981 })] }) })),
  warning: () => boardState(input({ alerts: [spike()] })),
  unknown: () =>
    boardState(
      input({ kpis: () => [], lines: [], health: health({ engine: 'down', newestEventAt: NOW - 400_000 }) }),
    ),
  empty: () =>
    boardState(
      input({
        config: null,
        lines: [],
        kpis: () => [],
        health: health({ newestEventAt: null, eventsPerSecond: 0 }),
      }),
    ),
  doubt: () =>
    boardState(
      input({
        kpis: rows({ success: BANKS.map((scraper, i) => row({ scraper }, { ratio: i === 3 ? null : 1 })) }),
        health: health({
          config: {
            hash: null,
            since: null,
            problem: 'streams.config.ts:14 unknown field "vollume". Did you mean "volume"?',
          },
        }),
      }),
    ),
  sentence: () => {
    const made = config()
    made.board.promises = []
    made.board.numbers.splice(3)
    return boardState(input({ config: made, alerts: twoProblems() }))
  },
  torture: () =>
    boardState(
      input({
        alerts: twoProblems(),
        health: health({
          audit: { events: 1_204_331, kills: 62, lost: 0, doubled: 0, problem: null, at: NOW - 1000 },
        }),
      }),
    ),
  inexact: () =>
    boardState(
      input({
        health: health({
          audit: {
            events: 1_204_331,
            kills: 62,
            lost: 3,
            doubled: 0,
            problem: 'torture.2 counted 301,082 of 301,085',
            at: NOW - 1000,
          },
        }),
      }),
    ),
  many: () => boardState(input({ alerts: manyProblems(30), origins })),
  hostile: () => hostile(),
}

function spike(): Alert {
  const sentence = 'Volume of BTC-EUR is 4.1× its average of the last hour.'
  const evidence = { partition: 0, from: null, to: null, samples: [] }
  const about = { metric: 'volume', stat: 'mean' as const, group: { pair: 'BTC-EUR' } }
  return alert({
    id: 'a2',
    kind: 'spike',
    severity: 'warning',
    sentence,
    cause: '1,242 against 303 normally',
    evidence,
    since: NOW - 900_000,
    ...about,
  })
}

/** Of a run whose page was kept. */
export const PROOF = 'a1b2c3d4e5f6-20605-1'

function twoProblems(): Alert[] {
  const samples = [{ scraper: 'lake-bank', outcome: 'site_down' }]
  const evidence = { partition: 0, from: null, to: null, samples }
  const lake = alert({
    id: 'a3',
    group: { scraper: 'lake-bank' },
    cause: 'HTTP 503 from lake-bank.example',
    evidence,
    since: NOW - 3_900_000,
  })
  const sample = { scraper: 'north-bank', outcome: 'layout_changed', kind: 'browser', evidence: PROOF }
  const north = alert({ evidence: { partition: 0, from: null, to: null, samples: [sample] } })
  return [north, lake, spike()]
}

function manyProblems(count: number): Alert[] {
  const outcomes = ['layout_changed', 'site_down', 'blocked', 'rate_limited', 'invalid_data', 'partial']
  return Array.from({ length: count }, (_, i) => {
    const scraper = BANKS[i % 8]!
    const samples = [{ scraper, outcome: outcomes[i % 6]!, kind: 'browser', evidence: PROOF }]
    const evidence = { partition: 0, from: null, to: null, samples }
    const severity = i % 3 === 0 ? 'critical' : 'warning'
    return alert({ id: `m${i}`, severity, group: { scraper }, evidence, since: NOW - (i + 1) * 97_000 })
  })
}

const SCRIPT = '<script>document.title="owned"</script><img src=x onerror=alert(1)>'
const WORD = 'Donaudampfschifffahrtsgesellschaft'.repeat(9)

/** Nothing a site, a config or an attacker writes may leave its place on the board. */
function hostile(): BoardState {
  const made = config()
  made.board.title = `${SCRIPT} ${WORD}`
  made.board.headline!.noun = WORD
  for (const each of [...made.board.promises, ...made.board.numbers]) each.title = `${WORD} \u202Eשלום`
  for (const each of made.metrics) each.unit = WORD
  const alerts = manyProblems(30).map((each, i) => {
    const texts = [SCRIPT, WORD, 'مرحبا بالعالم — البنك غيّر صفحته \u202E', '\u0000\u0007 \n\n x']
    const text = texts[i % 4]!
    const evidence = { ...each.evidence, samples: [] }
    return { ...each, sentence: text, cause: texts[(i + 1) % 4]!, evidence, group: { scraper: text } }
  })
  const problem = `${SCRIPT} ${WORD}`
  return boardState(
    input({
      config: made,
      alerts,
      kpis: rows({ latency: [row({}, { p95: 12_345_678, count: 87_654_321, rate: 99_999_999 })] }),
      health: health({
        eventsPerSecond: 12_345_678,
        config: { hash: null, since: null, problem },
        audit: { events: 9e15, kills: 9e15, lost: 9e15, doubled: 9e15, problem, at: 0 },
      }),
    }),
  )
}
