/** Runs against a real server: rows that cannot be sent, addresses that hold secrets, and what comes before a turn. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { RunEvent } from '../engine/index.ts'
import { unhealed } from './heal/healer.ts'
import { check, collect, money, scraper, text, type Scraper } from './index.ts'
import type { Visited } from './politeness/gate.ts'
import { loneGate } from './politeness/lone-gate.ts'
import { run } from './run.ts'

test('events that cannot be sent are no good run, and it has its one event all the same', async () => {
  const server = createServer((_, response) => response.end('[1]')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const events: RunEvent[] = []
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await run(
    collect('rates', { url, every: '1h', local: true, into: 'rates', events: () => [{ rate: 1 }] }),
    'v1',
    {
      gate: loneGate(),
      pool: null,
      now: Date.now,
      sleep: async () => undefined,
      publish: async (event) => void events.push(event),
      publishRows: () => Promise.reject(new Error('the stream is gone')),
      hostsRemapped: false,
    },
  )
  server.close()
  expect(events).toMatchObject([
    { outcome: 'crashed', reason: 'code', detail: expect.stringContaining('the stream is gone') as string },
  ])
})

test('an address that a site leads to is told without what opens doors: in the event, its words and the ledger', async () => {
  const server = createServer((request, response) => {
    const to = new URL(request.url ?? '', 'http://any.example')
    if (to.pathname === '/blocked') return response.writeHead(403).end()
    if (to.searchParams.has('token')) return response.end('<title>Log in</title><input type=password>')
    const location =
      to.pathname === '/app' ? 'myapp://cb?code=hunter22' : '/login?token=hunter22&page=2#hunter22'
    return response.writeHead(302, { location }).end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const at = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const told: object[] = []
  const gate = loneGate()
  const go = async (target: Scraper): Promise<RunEvent> => {
    const report = async (_: object, visited: Visited): Promise<null> => (told.push(visited), null)
    const event = await run(target, 'v1', {
      gate: { ...gate, report },
      pool: null,
      now: Date.now,
      sleep: async () => undefined,
      publish: async (...events) => void told.push(events),
      publishRows: async () => undefined,
      hostsRemapped: false,
    })
    return event
  }
  const shared = { every: '1h', local: true } as const
  const read = { balance: money('b') }
  const login = await go(
    scraper('login', { visit: at('/'), with: 'http', login: 'title = Log in', read, ...shared }),
  )
  expect(login).toMatchObject({
    outcome: 'auth_failed',
    url: at('/login?token=[secret]&page=2'),
    detail: `a login page stands at ${at('/login?token=[secret]&page=2')}`,
  })
  const blocked = await go(check('blocked', { url: at('/blocked?key=hunter22'), ...shared }))
  expect(blocked).toMatchObject({ outcome: 'blocked', url: at('/blocked?key=[secret]') })
  const app = await go(check('app', { url: at('/app'), ...shared }))
  expect(app.detail).toBe('BAD_REDIRECT: to myapp://cb?code=[secret]')
  server.close()
  expect(told.length).toBeGreaterThan(5)
  expect(JSON.stringify(told)).not.toContain('hunter22')
})

test('what can be done before the turn is done before it: the visit begins when its turn is', async () => {
  const steps: string[] = []
  const server = createServer((_, response) => {
    steps.push('request')
    response.end('<h1>Accounts</h1>')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const gate = loneGate()
  await run(
    scraper('bank', {
      visit: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      with: 'http',
      every: '1h',
      local: true,
      is: ['h1 = Accounts'],
      read: { title: text('h1') },
    }),
    'v1',
    {
      gate: { ...gate, admit: (visit) => (steps.push('turn'), gate.admit(visit)) },
      healer: { begin: (one) => (steps.push('recall'), unhealed.begin(one)) },
      pool: null,
      now: Date.now,
      sleep: async () => undefined,
      publish: async () => undefined,
      publishRows: async () => undefined,
      hostsRemapped: false,
    },
  )
  server.close()
  expect(steps).toEqual(['recall', 'turn', 'request'])
})
