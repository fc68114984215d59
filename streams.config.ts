/**
 * The configuration of the example world (examples/world): eight banks, a coin exchange, a shop's API.
 * Read it from top to bottom: what comes in, what is measured, what raises an alarm, what the wall shows.
 * Save it while Weir runs, and the change is live within a second.
 */
import {
  ASKED,
  KEPT_AWAY,
  defineConfig,
  fieldHealth,
  noData,
  runs,
  slack,
  spike,
  stream,
  t,
  threshold,
} from 'weir'

// What comes in. `runs`, one event per visit of a scraper, and `fields`, one per field it read, are built in.

const trades = stream('trades', {
  key: 'pair',
  time: 'at',
  schema: {
    at: t.Number(),
    pair: t.String(),
    price: t.Number({ minimum: 0 }),
    volume: t.Number({ minimum: 0 }),
  },
})

const requests = stream('requests', {
  key: 'endpoint',
  time: 'at',
  partitions: 1,
  schema: {
    at: t.Number(),
    endpoint: t.String(),
    status: t.Integer(),
    ms: t.Number({ minimum: 0 }),
  },
})

// What is measured. A count of one outcome says why a source is not right, not only that it is not.

const ofScraper = { by: ['scraper'], stats: ['count'], windows: ['5m'] } as const
const changed = runs.metric('changed', { ...ofScraper, where: { outcome: 'layout_changed' } })
const nonsense = runs.metric('nonsense', { ...ofScraper, where: { outcome: 'invalid_data' } })
const down = runs.metric('down', { ...ofScraper, where: { outcome: 'site_down' } })
const blocked = runs.metric('blocked', { ...ofScraper, where: { outcome: 'blocked' } })
const throttled = runs.metric('throttled', { ...ofScraper, where: { outcome: 'rate_limited' } })

// A run in which the site was not asked says nothing of it, good or bad: all that is told of sites is among the others.
const asked = { outcome: { in: ASKED } }
// Most runs of a scraper that fail by our own doing, or on the way.
const share = {
  by: ['scraper'],
  among: { outcome: { not: 'skipped' } },
  stats: ['ratio'],
  windows: ['5m'],
} as const
const crashed = runs.metric('crashed', { ...share, where: { outcome: 'crashed' } })
const proxied = runs.metric('proxy-failed', { ...share, where: { outcome: 'proxy_failed' } })
const login = runs.metric('login', { ...ofScraper, where: { outcome: 'auth_failed' } })

const visits = runs.metric('visits', { ...ofScraper, where: asked })
// Who is kept away sends events, too, and sees nothing. A pause is somebody's wish.
const attempts = runs.metric('attempts', {
  ...ofScraper,
  where: { reason: { not: KEPT_AWAY } },
})
const response = runs.metric('response', {
  by: ['scraper'],
  of: 'responseMs',
  stats: ['p50', 'p95'],
  windows: ['1m', '5m'],
  unit: 'ms',
})
const banks = runs.metric('banks', {
  by: ['scraper'],
  where: { fleet: 'banks' },
  among: asked,
  of: 'ms',
  stats: ['mean', 'count'],
  windows: ['5m'],
  unit: 'ms',
})

// Of all runs that took place: our own failures bring no right data either.
const right = runs.metric('right', {
  where: { right: true },
  among: { outcome: { not: 'skipped' } },
  stats: ['ratio'],
  windows: ['5m', '1h', '1d'],
})
// Of each site, and the board shows the worst: a site that is down is hardly asked any more, and its few visits would
// be lost among those of all others.
const available = runs.metric('available', {
  by: ['host'],
  where: { outcome: { not: 'site_down' } },
  among: asked,
  stats: ['ratio'],
  windows: ['5m', '1h', '1d'],
})

const volume = trades.metric('volume', { by: ['pair'], of: 'volume', stats: ['mean'], windows: ['1m', '1h'] })
const price = trades.metric('price', {
  by: ['pair'],
  of: 'price',
  stats: ['mean'],
  windows: ['1m'],
  unit: '€',
})

const traffic = requests.metric('traffic', { stats: ['rate'], windows: ['1m'] })
const latency = requests.metric('latency', {
  of: 'ms',
  stats: ['p95', 'p50'],
  windows: ['5m', '1h', '1d'],
  unit: 'ms',
})
const endpointLatency = requests.metric('endpoint-latency', {
  by: ['endpoint'],
  of: 'ms',
  stats: ['p95'],
  windows: ['5m'],
  unit: 'ms',
})
const errors = requests.metric('errors', {
  where: { status: { atLeast: 500 } },
  stats: ['ratio'],
  windows: ['5m'],
})

// What raises an alarm, whom it tells, and in which words.

const ops = slack('SLACK_WEBHOOK_URL')
const critical = { severity: 'critical', notify: ops } as const
const warning = { severity: 'warning', notify: ops } as const

export default defineConfig({
  scrapers: './scrapers/sites/*.ts',

  rules: [
    threshold(changed, {
      ...critical,
      name: 'changed',
      above: 0,
      says: '{scraper} changed its page.',
    }),
    threshold(nonsense, {
      ...critical,
      name: 'nonsense',
      above: 0,
      says: '{scraper} shows values that cannot be right.',
    }),
    // What is traded swings, and has rules of its own.
    ...fieldHealth({ notify: ops, swings: ['markets'] }),
    threshold(down, { ...critical, name: 'down', above: 1, says: '{scraper} is down.' }),
    threshold(blocked, { ...critical, name: 'blocked', above: 0, says: '{scraper} blocks us.' }),
    threshold(login, { ...critical, name: 'login', above: 0, says: '{scraper} asks us to log in.' }),
    threshold(crashed, {
      ...critical,
      name: 'crashed',
      above: 0.5,
      minSamples: 3,
      says: '{scraper} cannot be read by our own fault: {value} of its runs crashed.',
    }),
    threshold(proxied, {
      ...critical,
      name: 'proxy-failed',
      above: 0.5,
      minSamples: 3,
      says: '{scraper} is out of reach of our proxies: {value} of its runs failed there.',
    }),
    threshold(throttled, {
      ...warning,
      name: 'throttled',
      above: 0,
      says: '{scraper} asks us to slow down.',
    }),
    threshold(response, {
      ...warning,
      name: 'slow',
      stat: 'p50',
      window: '1m',
      above: 2000,
      minSamples: 3,
      says: '{scraper} is slow: half of its answers take {value} or more.',
    }),
    noData(attempts, {
      ...critical,
      name: 'silent',
      for: '3m',
      says: 'Nobody has looked at {scraper} for {value}.',
    }),

    spike(volume, {
      ...warning,
      name: 'surge',
      window: '1m',
      times: 3,
      over: '1h',
      minSamples: 30,
      says: '{pair} volume is {value} in ten seconds, normally {normal}.',
    }),
    noData(volume, { ...critical, name: 'no-trades', for: '3m' }),

    threshold(endpointLatency, {
      ...warning,
      name: 'api-slow',
      above: 600,
      minSamples: 50,
      says: '{endpoint} is slow: p95 is {value}.',
    }),
    threshold(errors, {
      ...critical,
      name: 'api-errors',
      above: 0.05,
      minSamples: 100,
      says: '{value} of all requests to our API fail.',
    }),
    noData(endpointLatency, { ...critical, name: 'no-traffic', for: '3m' }),
  ],

  board: {
    title: 'Weir',
    headline: { of: banks, field: 'scraper', noun: 'banks' },
    promises: [
      { title: 'Right data', of: right, window: '1h', atLeast: 0.95 },
      { title: 'Worst site available', of: available, window: '1h', atLeast: 0.99 },
      { title: 'API p95', of: latency, window: '1h', atMost: 300 },
    ],
    numbers: [
      { title: 'Requests to our API', of: traffic },
      { title: 'API errors', of: errors },
      { title: 'Visits in 5 min', of: visits },
      { title: 'Slowest source', of: response, stat: 'p50', window: '1m' },
      { title: 'BTC-EUR', of: price, group: { pair: 'BTC-EUR' } },
      { title: 'BTC-EUR traded in 10 s', of: volume, window: '1m', group: { pair: 'BTC-EUR' } },
    ],
  },
})
