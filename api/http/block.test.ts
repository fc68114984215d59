import { expect, test } from 'vitest'
import type { Block, BlockQuery } from '../../engine/index.ts'
import { NOW, noBlocks, testApp } from '../app.fixture.ts'

const BLOCK: Block = {
  site: 'north.example',
  at: NOW - 1000,
  until: NOW + 299_000,
  strikes: 1,
  scraper: 'north-bank',
  exit: 'berlin',
  outcome: 'blocked',
  reason: 'challenge',
  detail: 'Cloudflare: cf-mitigated',
  url: 'https://north.example/',
}

function asked() {
  const queries: BlockQuery[] = []
  const list = async (query: BlockQuery) => {
    queries.push(query)
    return { blocks: [BLOCK, { ...BLOCK, until: NOW }], cursor: '1-0/north.example', complete: true }
  }
  return { ...testApp({ blocks: { ...noBlocks, list } }), queries }
}

test('blocks with whether they still hold, by site, exit and time; by default of the last day', async () => {
  const { app, queries } = asked()
  const answer = await app.request('/v1/blocks?site=north.example&exit=berlin&from=-1h&limit=7')
  expect(await answer.json()).toEqual({
    now: NOW,
    blocks: [
      { ...BLOCK, open: true },
      { ...BLOCK, until: NOW, open: false },
    ],
    cursor: '1-0/north.example',
    complete: true,
  })
  await app.request('/v1/blocks?cursor=1-0/north.example')
  expect(queries).toEqual([
    { site: 'north.example', exit: 'berlin', from: NOW - 3_600_000, limit: 7 },
    { from: NOW - 86_400_000, limit: 100, cursor: '1-0/north.example' },
  ])
})

test.each(['limit=0', 'limit=1001', 'from=soon', 'host=x'])('refuses %s', async (query) => {
  const answer = await asked().app.request(`/v1/blocks?${query}`)
  expect(answer.status).toBe(400)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
})
