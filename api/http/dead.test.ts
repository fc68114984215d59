import { expect, test } from 'vitest'
import type { Ledger, Letter, LetterQuery } from '../../engine/index.ts'
import { emptyLedger, testApp } from '../app.fixture.ts'

const LETTER: Letter = {
  id: 'dead-0-1-0',
  kind: 'dead',
  partition: 0,
  at: 1,
  entry: '1-0',
  row: 0,
  from: 'web~1~a',
  origin: 'line 1',
  reason: 'bad\x1b[2J</script>',
  raw: '{}',
}

function asked(change: Partial<Ledger> = {}) {
  const queries: LetterQuery[] = []
  const ledger: Ledger = {
    ...emptyLedger,
    list: async (_, query) => {
      queries.push(query)
      return { letters: [LETTER], cursor: LETTER.id, kept: 9, total: 12, replayed: 2, dropped: 1 }
    },
    show: async (_, id) => (id === LETTER.id ? LETTER : null),
    replay: async (_, id) =>
      id === LETTER.id ? { ok: true, producer: 'replay~1~x' } : emptyLedger.replay(_, id),
    drop: async (_, id) => id === LETTER.id,
    ...change,
  }
  return { ...testApp({ ledger }), queries }
}

test('a page of letters with counts and a cursor', async () => {
  const { app, queries } = asked()
  const body = await (
    await app.request('/v1/dead/trades?late=true&reason=bad&cursor=late-0-5-0&limit=7')
  ).json()
  expect(body).toEqual({
    stream: 'trades',
    kind: 'late',
    letters: [LETTER],
    cursor: LETTER.id,
    kept: 9,
    total: 12,
    replayed: 2,
    dropped: 1,
  })
  await app.request('/v1/dead/trades')
  expect(queries).toEqual([
    { kind: 'late', reason: 'bad', cursor: 'late-0-5-0', limit: 7 },
    { kind: 'dead', limit: 50 },
  ])
})

test('one is shown, replayed and dropped by its id', async () => {
  const { app } = asked()
  expect(await (await app.request('/v1/dead/trades/dead-0-1-0')).json()).toEqual(LETTER)
  const replayed = await app.request('/v1/dead/trades/dead-0-1-0/replay', { method: 'POST' })
  expect([replayed.status, await replayed.json()]).toEqual([
    202,
    { replayed: 'dead-0-1-0', producer: 'replay~1~x' },
  ])
  const dropped = await app.request('/v1/dead/trades/dead-0-1-0', { method: 'DELETE' })
  expect([dropped.status, await dropped.json()]).toEqual([200, { dropped: 'dead-0-1-0' }])
})

test('a row that cannot be sent again is a conflict with its reason', async () => {
  const { app } = asked({
    replay: async () => ({
      ok: false,
      reason: 'closed',
      says: 'its time is closed.',
      todo: 'Raise the lateness.',
    }),
  })
  const answer = await app.request('/v1/dead/trades/late-0-1-0/replay', { method: 'POST' })
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(await answer.json()).toMatchObject({ status: 409, reason: 'closed', todo: 'Raise the lateness.' })
})

test.each([
  ['GET', '/v1/dead/trade', 404, /Did you mean 'trades'/],
  ['GET', '/v1/dead/trades?late=yes', 400, /late/],
  ['GET', '/v1/dead/trades?limit=0', 400, /1 to 200/],
  ['GET', '/v1/dead/trades?limit=1e2', 400, /1 to 200/],
  ['GET', '/v1/dead/trades?page=2', 400, /page/],
  ['GET', '/v1/dead/trades/dead-0-2-0', 404, /No such letter/],
  ['DELETE', '/v1/dead/trades/dead-0-2-0', 404, /No such letter/],
  ['POST', '/v1/dead/trades/dead-0-2-0/replay', 404, /No such letter/],
  ['GET', '/v1/dead/trades/dead-0-1-0/replay', 405, /POST/],
  ['DELETE', '/v1/dead/trades', 405, /GET/],
] as const)('%s %s', async (method, path, status, words) => {
  const answer = await asked().app.request(path, { method })
  expect(answer.status).toBe(status)
  expect(await answer.text()).toMatch(words)
})

test('with Redis away it says so, and writes need what other writes need', async () => {
  const { app, reader } = asked()
  const page = { origin: 'http://evil.example' }
  const foreign = await app.request('/v1/dead/trades/dead-0-1-0', { method: 'DELETE', headers: page })
  expect(foreign.status).toBe(403)
  reader.state = { ...reader.state, redis: { ...reader.state.redis, ok: false } }
  expect((await app.request('/v1/dead/trades')).status).toBe(503)
})
