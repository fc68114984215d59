/** Proposals over HTTP: shown, accepted and refused by name, never changed by a GET. */
import { expect, test } from 'vitest'
import type { Proposal, ProposalQuery } from '../../engine/index.ts'
import { noProposals, testApp } from '../app.fixture.ts'

const OPEN: Proposal = {
  id: 'north-bank~0123456789ab',
  scraper: 'north-bank',
  field: 'balance',
  declared: 'a1b2c3d4',
  how: { selector: '.amount' },
  tier: 'propose',
  sources: ['structured data'],
  value: '12',
  was: '11',
  url: 'https://north.example/',
  state: 'open',
  agreed: 1,
  first: 1,
  last: 2,
  decision: null,
}

function asked() {
  const queries: ProposalQuery[] = []
  const decided: unknown[] = []
  const proposals = {
    ...noProposals,
    list: async (query: ProposalQuery) => (queries.push(query), [OPEN]),
    find: async (id: string) => (id === OPEN.id ? OPEN : null),
    decide: async (id: string, state: 'accepted' | 'refused', by: string) => {
      decided.push([id, state, by])
      return id === OPEN.id ? { ...OPEN, state, decision: { state, by, at: 3 } } : null
    },
  }
  return { ...testApp({ proposals }), queries, decided }
}

test('listed by scraper and state, shown by id', async () => {
  const { app, queries } = asked()
  const answer = await app.request('/v1/proposals?scraper=north-bank&state=open&limit=7')
  expect(await answer.json()).toEqual({ proposals: [OPEN] })
  expect(queries).toEqual([{ scraper: 'north-bank', state: 'open', limit: 7 }])
  expect(await (await app.request(`/v1/proposals/${OPEN.id}`)).json()).toEqual(OPEN)
})

test('accepted and refused by somebody', async () => {
  const { app, decided } = asked()
  const accepted = await app.request(`/v1/proposals/${OPEN.id}/accept?by=ann`, { method: 'POST' })
  expect(await accepted.json()).toMatchObject({ state: 'accepted', decision: { by: 'ann' } })
  await app.request(`/v1/proposals/${OPEN.id}/refuse`, { method: 'POST' })
  expect(decided).toEqual([
    [OPEN.id, 'accepted', 'ann'],
    [OPEN.id, 'refused', 'the API'],
  ])
})

test.each([
  ['GET', `/v1/proposals/${OPEN.id}/accept`, 405],
  ['POST', '/v1/proposals/x/accept', 404],
  ['GET', '/v1/proposals/x', 404],
  ['GET', '/v1/proposals?state=shut', 400],
  ['GET', '/v1/proposals?limit=0', 400],
] as const)('%s %s is %i', async (method, path, status) => {
  expect((await asked().app.request(path, { method })).status).toBe(status)
})

test('a page of another origin decides nothing', async () => {
  const { app, decided } = asked()
  const headers = { origin: 'http://evil.example' }
  expect((await app.request(`/v1/proposals/${OPEN.id}/accept`, { method: 'POST', headers })).status).toBe(403)
  expect(decided).toEqual([])
})
