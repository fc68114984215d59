import { expect, test } from 'vitest'
import { defineConfig, fromFile, noData, runs, slack, spike, stream, t, threshold } from './authoring.ts'
import { compile } from './compile.ts'
import type { CompiledConfig } from './compiled.ts'
import type { Authored } from './define.ts'

function compiled(authored: Authored, csv = ''): CompiledConfig {
  const { config, mistakes } = compile(authored, { checkFile: (path) => ({ file: `/${path}`, text: csv }) })
  expect(mistakes).toEqual([])
  return config
}

interface Variation {
  lateness?: '1m' | '2m'
  title?: string
  unit?: string
  stats?: readonly ('mean' | 'sum' | 'p95' | 'p99')[]
  windows?: readonly ('1m' | '1h')[]
  time?: 'at' | 'other'
  above?: number
  among?: number
}
/** The same config, varied in one thing: what changes a hash and what does not. */
function vary(v: Variation = {}): CompiledConfig {
  const trades = stream('trades', {
    key: 'pair',
    time: v.time ?? 'at',
    lateness: v.lateness ?? '1m',
    schema: { at: t.Number(), other: t.Number(), pair: t.String(), volume: t.Number() },
  })
  const volume = trades.metric('volume', {
    by: ['pair'],
    of: 'volume',
    where: { volume: { above: v.above ?? 0 } },
    ...(v.among !== undefined && { among: { volume: { below: v.among } } }),
    stats: v.stats ?? ['mean', 'p95'],
    windows: v.windows ?? ['1m', '1h'],
    title: v.title ?? 'Volume',
    unit: v.unit ?? '',
  })
  return compiled(defineConfig({ rules: [spike(volume)] }))
}

test('equal configs have equal hashes, and any change shows in the hash of the whole', () => {
  expect(vary()).toEqual(vary())
  const hashes = [vary(), vary({ title: 'x' }), vary({ lateness: '2m' })].map((config) => config.hash)
  expect(new Set(hashes).size).toBe(3)
})

test.each<[Variation, boolean]>([
  [{ title: 'x', unit: 'BTC' }, true],
  [{ lateness: '2m' }, true],
  [{ stats: ['p99', 'sum'] }, true],
  [{ windows: ['1h', '1m'] }, true],
  [{ stats: ['mean'] }, false],
  [{ windows: ['1m'] }, false],
  [{ time: 'other' }, false],
  [{ above: 1 }, false],
  [{ among: 5 }, false],
])('a metric keeps its state under %o: %s', (variation, kept) => {
  expect(vary(variation).metrics[0]?.hash === vary().metrics[0]?.hash).toBe(kept)
})

test('defaults are filled in, and rules get ids of their own', () => {
  const success = runs.metric('success', {
    by: ['scraper'],
    where: { outcome: { in: ['ok', 'absent'] }, ms: { atMost: 1000 } },
    stats: ['ratio', 'count'],
    windows: ['1d', '5m'],
  })
  const ops = slack('OPS_URL', { name: 'ops' })
  const config = compiled(
    defineConfig({
      rules: [
        threshold(success, { below: 0.9, notify: [ops, ops] }),
        threshold(success, { stat: 'count', window: '1d', above: 5, clear: 3, says: '{scraper}: {value}' }),
        noData(success, { for: '10m', name: 'quiet', notify: ops, severity: 'critical' }),
      ],
    }),
  )
  expect(config.rules).toMatchObject([
    {
      id: 'threshold-success',
      stat: 'ratio',
      window: '5m',
      below: 0.9,
      above: null,
      for: 0,
      notify: ['ops'],
    },
    {
      id: 'threshold-success-2',
      stat: 'count',
      window: '1d',
      above: 5,
      clear: 3,
      says: '{scraper}: {value}',
    },
    { id: 'quiet', kind: 'noData', for: 600_000, severity: 'critical' },
  ])
  expect(config.channels).toEqual([{ name: 'ops', kind: 'slack', env: 'OPS_URL' }])
  expect(config.metrics[0]).toMatchObject({
    where: { outcome: { in: ['ok', 'absent'] }, ms: { atMost: 1000 } },
    series: ['1m', '10m', '1h', '1d'],
    title: 'success',
  })
  expect(config.streams.map((one) => one.name)).toEqual(['runs', 'fields'])
})

test('the whole is plain data', () => {
  const config = vary()
  expect(JSON.parse(JSON.stringify(config))).toEqual(config)
})

test('thousands of checks come from a file; empty cells are defaults', () => {
  const rows = Array.from({ length: 5000 }, (_, i) => `site-${i},https://site-${i}.example/,,,,,`)
  const head =
    'name,url,every,status,match,timeout,fleet\n"a, b",https://a.example/,0 6 * * *,404,"x{2}",3s,shops\n'
  const { checks } = compiled(defineConfig({ checks: fromFile('sites.csv') }), head + rows.join('\n'))
  expect(checks).toHaveLength(5001)
  expect(checks.slice(0, 2)).toEqual([
    {
      name: 'a, b',
      url: 'https://a.example/',
      every: '0 6 * * *',
      status: 404,
      match: 'x{2}',
      timeout: 3000,
      fleet: 'shops',
    },
    {
      name: 'site-0',
      url: 'https://site-0.example/',
      every: 60_000,
      status: 200,
      match: null,
      timeout: 10_000,
      fleet: 'checks',
    },
  ])
})

test('mistakes in a file have their line, and a flood of them is cut', () => {
  const rows = Array.from({ length: 300 }, (_, i) => `site-${i},nowhere`)
  const { mistakes } = compile(defineConfig({ checks: fromFile('sites.csv') }), {
    checkFile: () => ({ file: '/sites.csv', text: `name,url\n${rows.join('\n')}` }),
  })
  expect(mistakes).toHaveLength(21)
  expect(mistakes[1]).toMatchObject({
    source: { file: '/sites.csv', line: 3 },
    what: "check: url is 'nowhere'.",
  })
  expect(mistakes.at(-1)?.what).toBe('280 more mistakes follow.')
})

test('no message shows a password, whatever else is wrong with its address', () => {
  const addresses = ['https://ann:hunter2@a.example/', 'ftp://ann:hunter2@a.example/', '//ann:hunter2@a']
  for (const url of addresses) {
    const { mistakes } = compile(defineConfig({ checks: [{ name: 'a', url }] }), {
      checkFile: () => null,
    })
    expect(mistakes.map(({ what }) => what)).toEqual(['check 1: url holds a user name or password.'])
  }
})

test.each([
  [null],
  [
    {
      rules: 3,
      metrics: 'x',
      streams: [null],
      checks: 5,
      scrapers: [1],
      board: { promises: {}, headline: 1 },
    },
  ],
  [{ rules: [{ kind: 'spike', metric: null, options: {} }], board: { numbers: [1, null] } }],
  [{ streams: [{ kind: 'stream', name: null, spec: {} }], checks: [null, {}] }],
])('whatever is written instead of a config, mistakes come back and nothing is thrown: %o', (spec) => {
  const authored = { kind: 'config', spec: spec ?? {}, source: null } as Authored
  const { mistakes } = compile(authored, { checkFile: () => null })
  if (spec) expect(mistakes.length).toBeGreaterThan(0)
})

test('a rule for each of many users costs time in proportion', () => {
  const n = runs.metric('n', { by: ['scraper'], stats: ['count'], windows: ['5m'] })
  const rules = Array.from({ length: 2000 }, (_, i) => threshold(n, { above: i }))
  const ids = compiled(
    defineConfig({ rules: [threshold(n, { above: 1, name: 'threshold-n-3' }), ...rules] }),
  ).rules
  expect(new Set(ids.map((rule) => rule.id)).size).toBe(2001)
  expect(ids.slice(0, 4).map((rule) => rule.id)).toEqual([
    'threshold-n-3',
    'threshold-n',
    'threshold-n-2',
    'threshold-n-4',
  ])
})
