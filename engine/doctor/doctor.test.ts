import { expect, test } from 'vitest'
import { compileTrades } from './facts.fixture.ts'
import { diagnose, findingWords } from './diagnose.ts'
import type { Facts, MachineFacts, RedisFacts } from './facts.ts'

const INFO = {
  redis_version: '8.6.3',
  role: 'master',
  connected_slaves: '0',
  aof_enabled: '1',
  aof_last_write_status: 'ok',
  maxmemory_policy: 'noeviction',
  maxmemory: '0',
  used_memory: '1000000',
  total_system_memory: '16000000000',
}
const REDIS: RedisFacts = {
  host: 'redis.example:6379',
  info: new Map(Object.entries(INFO)),
  config: new Map([
    ['appendfsync', 'everysec'],
    ['min-replicas-to-write', '0'],
  ]),
  scripts: null,
  series: 'RedisTimeSeries 8.8.0',
  skew: { ms: 2, within: 1 },
}
const MACHINE: MachineFacts = {
  node: '20.19.0',
  disk: 50e9,
  memory: 4e9,
  chromium: { path: '/usr/bin/chromium', source: 'system', version: 'Chromium 147.0' },
}
const FACTS: Facts = {
  redis: REDIS,
  config: { path: 'streams.config.ts', config: compileTrades(), problem: null, scraperFiles: 3 },
  machine: MACHINE,
  set: new Set(['SLACK_WEBHOOK_URL']),
}

const withInfo = (change: Record<string, string>, more: Partial<RedisFacts> = {}): Partial<Facts> => ({
  redis: { ...REDIS, info: new Map(Object.entries({ ...INFO, ...change })), ...more },
})
const withMachine = (change: Partial<MachineFacts>): Partial<Facts> => ({
  machine: { ...MACHINE, ...change },
})
const found = (change: Partial<Facts>, check: string) =>
  diagnose({ ...FACTS, ...change }).find((finding) => finding.check === check)

test('all is well: nothing to do', () => {
  const findings = diagnose(FACTS)
  expect(findings.filter(({ verdict, todo }) => verdict !== 'ok' || todo !== null)).toEqual([])
  expect(findings).toHaveLength(15)
})

test.each<[string, Partial<Facts>, string, 'ok' | 'warn' | 'fail', RegExp]>([
  ['Redis 6', withInfo({ redis_version: '6.2.20' }), 'version', 'fail', /Install Redis 7.0/],
  ['Redis 7.0', withInfo({ redis_version: '7.0.15' }), 'version', 'warn', /distribution/],
  ['Redis 8.2.1', withInfo({ redis_version: '8.2.1' }), 'version', 'warn', /Install Redis 8.2.6/],
  ['Redis 8.2.10 is newer than 8.2.6', withInfo({ redis_version: '8.2.10' }), 'version', 'ok', /8.2.10/],
  ['Redis 9', withInfo({ redis_version: '9.0.0' }), 'version', 'ok', /9.0.0/],
  [
    'Valkey 9.1',
    withInfo({ redis_version: '7.2.4', valkey_version: '9.1.2' }),
    'version',
    'ok',
    /Valkey 9.1.2/,
  ],
  [
    'Valkey 8.1.6',
    withInfo({ redis_version: '7.2.4', valkey_version: '8.1.6' }),
    'version',
    'warn',
    /Valkey 8.1.7/,
  ],
  ['no AOF', withInfo({ aof_enabled: '0' }), 'persistence', 'fail', /appendonly yes/],
  [
    'no AOF, replicas',
    withInfo({ aof_enabled: '0', connected_slaves: '2' }),
    'persistence',
    'warn',
    /2 replicas/,
  ],
  ['AOF not written', withInfo({ aof_last_write_status: 'err' }), 'persistence', 'fail', /disk is full/],
  ['fsync no', withInfo({}, { config: new Map([['appendfsync', 'no']]) }), 'persistence', 'warn', /everysec/],
  ['CONFIG blocked', withInfo({}, { config: null }), 'persistence', 'warn', /could not look/],
  [
    'allkeys-lru',
    withInfo({ maxmemory_policy: 'allkeys-lru', maxmemory: '1' }),
    'eviction',
    'fail',
    /noeviction/,
  ],
  [
    'allkeys-lru without limit',
    withInfo({ maxmemory_policy: 'allkeys-lru' }),
    'eviction',
    'warn',
    /noeviction/,
  ],
  [
    'volatile-ttl',
    withInfo({ maxmemory_policy: 'volatile-ttl', maxmemory: '1' }),
    'eviction',
    'ok',
    /expiry/,
  ],
  ['half full', withInfo({ maxmemory: '2000000' }), 'headroom', 'ok', /1.0MB of maxmemory 2.0MB/],
  ['nearly full', withInfo({ maxmemory: '1200000' }), 'headroom', 'warn', /Raise maxmemory/],
  ['full', withInfo({ maxmemory: '1010000' }), 'headroom', 'fail', /refused/],
  [
    'no limit on a small machine',
    withInfo({ used_memory: '12000000000' }),
    'headroom',
    'warn',
    /Set maxmemory/,
  ],
  ['a replica', withInfo({ role: 'slave' }), 'replicas', 'fail', /REDIS_URL/],
  [
    'replicas, no minimum',
    withInfo({ connected_slaves: '1' }),
    'replicas',
    'warn',
    /min-replicas-to-write 1/,
  ],
  [
    'replicas and a minimum, seen in INFO alone',
    withInfo({ connected_slaves: '1', min_slaves_good_slaves: '1' }, { config: null }),
    'replicas',
    'ok',
    /wait/,
  ],
  ['a minimum and no replica', withInfo({ min_slaves_good_slaves: '0' }), 'replicas', 'fail', /refused/],
  ['no scripts', withInfo({}, { scripts: 'NOPERM eval' }), 'scripts', 'fail', /ACL/],
  ['series unknown', withInfo({}, { series: null }), 'series', 'warn', /could not look/],
  ['a second and a half', withInfo({}, { skew: { ms: 1500, within: 10 } }), 'clock', 'warn', /behind/],
  ['as uncertain as far off', withInfo({}, { skew: { ms: -1500, within: 1400 } }), 'clock', 'ok', /2900 ms/],
  ['a minute', withInfo({}, { skew: { ms: -59_000, within: 10 } }), 'clock', 'fail', /ahead of/],
  ['Redis away', { redis: { away: 'Redis at x does not answer' } }, 'redis', 'fail', /REDIS_URL/],
  ['no webhook', { set: new Set() }, 'channels', 'warn', /SLACK_WEBHOOK_URL/],
  [
    'config broken',
    { config: { ...FACTS.config, config: null, problem: 'has 2 mistakes.' } },
    'config',
    'fail',
    /weir check/,
  ],
  ['no Chromium', withMachine({ chromium: null }), 'chromium', 'fail', /3 scraper files/],
  [
    'no Chromium, none needed',
    { ...withMachine({ chromium: null }), config: { ...FACTS.config, scraperFiles: 0 } },
    'chromium',
    'ok',
    /no scrapers/,
  ],
  [
    'Chromium does not start',
    withMachine({ chromium: { path: '/x', source: 'WEIR_CHROMIUM', version: null } }),
    'chromium',
    'fail',
    /WEIR_CHROMIUM/,
  ],
  ['Node 20.18', withMachine({ node: '20.18.3' }), 'node', 'fail', /20.19/],
  ['Node 24', withMachine({ node: '24.0.0' }), 'node', 'ok', /24/],
  ['disk full', withMachine({ disk: 1e6 }), 'disk', 'fail', /1.0MB/],
  ['disk unknown', withMachine({ disk: null }), 'disk', 'warn', /could not look/],
  ['little memory', withMachine({ memory: 300e6 }), 'memory', 'warn', /300MB/],
])('%s', (_, change, check, verdict, words) => {
  const finding = found(change, check)
  expect(finding?.verdict).toBe(verdict)
  expect(`${finding?.says} ${finding?.todo}`).toMatch(words)
  if (verdict !== 'ok') expect(finding?.todo).toMatch(/\.$|^Type: /)
})

test('of a server that is away only that is said', () => {
  const names = diagnose({ ...FACTS, redis: { away: 'gone' } }).map(({ check }) => check)
  expect(names).toEqual(['node', 'disk', 'memory', 'redis', 'config', 'channels', 'chromium'])
})

test('each line has its word and its shape, and what to do stands below', () => {
  const text = findingWords(diagnose({ ...FACTS, ...withInfo({ aof_enabled: '0' }), set: new Set() }))
  expect(text).toMatch(/^● ok {4}node +20\.19\.0$/m)
  expect(text).toMatch(/^■ fail {2}persistence {2}.*\n {10,}→ Set appendonly yes/m)
  expect(text).toMatch(/^▲ warn {2}channels/m)
  expect(text).toMatch(/13 ok, 1 warn, 1 fail\.\n$/)
})
