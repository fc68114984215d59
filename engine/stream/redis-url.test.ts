/** Addresses as people write them, and what is said about those that cannot be read. */
import { expect, test } from 'vitest'
import { WeirError } from '../error.ts'
import { hostOf, parseRedisUrl } from './redis-url.ts'

test.each([
  ['redis://db', { kind: 'server', nodes: [{ host: 'db', port: 6379 }], tls: false, auth: {}, db: 0 }],
  [
    'rediss://weir:p%40ss%3Aw%2Ford@db.example:7000/2',
    {
      kind: 'server',
      nodes: [{ host: 'db.example', port: 7000 }],
      tls: true,
      auth: { user: 'weir', password: 'p@ss:w/ord' },
      db: 2,
    },
  ],
  [
    'redis://:secret@[::1]:6380',
    { kind: 'server', nodes: [{ host: '::1', port: 6380 }], tls: false, auth: { password: 'secret' }, db: 0 },
  ],
  [
    'redis+sentinel://weir:pw@s1,s2:26380/main/3?sentinelUser=watch&sentinelPassword=a%26b',
    {
      kind: 'sentinel',
      nodes: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
      ],
      tls: false,
      auth: { user: 'weir', password: 'pw' },
      master: 'main',
      db: 3,
      sentinelAuth: { user: 'watch', password: 'a&b' },
    },
  ],
  [
    'rediss+cluster://a:7001,b:7002,c',
    {
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 7001 },
        { host: 'b', port: 7002 },
        { host: 'c', port: 6379 },
      ],
      tls: true,
      auth: {},
    },
  ],
])('%s', (url, address) => {
  expect(parseRedisUrl(url)).toEqual(address)
})

test.each([
  ['', /no address/],
  ['db:6379', /no address/],
  ['http://u:hunter2@db', /no address/],
  ['redis-cluster://:hunter2@a,b', /no address/],
  ['redis://', /host is missing/],
  ['redis://u:hunter2@', /host is missing/],
  ['redis://u:hunter2@a:1,b:2', /the scheme says which/],
  ['redis://u:hunter2@db:99999', /no port/],
  ['redis://u:hunter2%@db', /percent-encoded/],
  ['redis://u:hun/ter2@db', /cannot be read/],
  ['redis://u:hunter2@db/x', /database number/],
  ['redis://u:hunter2@db?password=hunter2', /option/],
  ['redis+sentinel://u:hunter2@a:1', /master is missing/],
  ['redis+cluster://u:hunter2@a:1/1', /no databases/],
])('%s is refused, and no secret is shown', (url, reason) => {
  const refused = (): unknown => parseRedisUrl(url)
  expect(refused).toThrow(reason)
  expect(refused).toThrow(WeirError)
  try {
    refused()
  } catch (error) {
    expect((error as WeirError).explain()).not.toMatch(/hun|ter2/)
  }
  expect(hostOf(url)).toBe('the given address')
})

test('hosts are shown without credentials', () => {
  expect(hostOf('rediss://weir:hunter2@db')).toBe('db:6379')
  expect(hostOf('redis+cluster://:hunter2@a:1,[::1]')).toBe('a:1,[::1]:6379')
})
