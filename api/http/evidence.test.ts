/** Evidence over HTTP: found, shown, and inert whatever stands in it. */
import { expect, test } from 'vitest'
import type { Evidence, EvidenceQuery, EvidenceStore } from '../../engine/index.ts'
import { noEvidence, testApp } from '../app.fixture.ts'
import { testAlert } from '../memory-reader.fixture.ts'

const ID = 'a1b2c3d4e5f6-20420-1'
const ONE: Evidence = {
  id: ID,
  at: 5,
  scraper: 'north-bank',
  kind: 'browser',
  fleet: 'banks',
  host: 'n.example',
  url: 'https://n.example/',
  outcome: 'layout_changed',
  reason: 'selector',
  detail: '<script>alert(1)</script>',
  version: 'v1',
  fingerprint: 'a1b2c3d4e5f6',
  fields: ['balance'],
  status: 200,
  headers: {},
  title: 'North',
  screenshot: { width: 1366, height: 900, bytes: 4 },
  html: { bytes: 9, cut: false },
}

function asked() {
  const queries: EvidenceQuery[] = []
  const evidence: EvidenceStore = {
    ...noEvidence,
    list: async (query) => {
      queries.push(query)
      return [ONE, { ...ONE, screenshot: null }]
    },
    find: async (id) => (id === ID ? ONE : null),
    screenshot: async (id) => (id === ID ? Buffer.from('RIFF') : null),
    html: async (id) => (id === ID ? Buffer.from('<script>alert(1)</script>') : null),
  }
  return { ...testApp({ evidence }), queries }
}

test('a list says where each part is', async () => {
  const { app, queries } = asked()
  const { evidence } = await (await app.request('/v1/evidence?scraper=north-bank&limit=7')).json()
  expect(queries).toEqual([{ scraper: 'north-bank', limit: 7 }])
  expect(evidence[0].links).toEqual({
    screenshot: `/v1/evidence/${ID}/screenshot`,
    html: `/v1/evidence/${ID}/html`,
  })
  expect(evidence[1].links.screenshot).toBeNull()
  for (const limit of ['0', '201', 'x']) {
    expect((await app.request(`/v1/evidence?limit=${limit}`)).status).toBe(400)
  }
})

test('a hostile page is text, in a sandbox, and never guessed to be a page', async () => {
  const { app } = asked()
  const page = await app.request(`/v1/evidence/${ID}/html`)
  expect(await page.text()).toBe('<script>alert(1)</script>')
  expect(page.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  const picture = await app.request(`/v1/evidence/${ID}/screenshot`)
  expect(picture.headers.get('content-type')).toBe('image/webp')
  for (const { headers } of [page, picture]) {
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; sandbox;/)
    expect(headers.get('content-disposition')).toContain(ID)
  }
})

test('what is gone is a problem that says what to do; Redis away is another', async () => {
  const { app, reader } = asked()
  for (const part of ['', '/screenshot', '/html']) {
    const gone = await app.request(`/v1/evidence/a1b2c3d4e5f6-20420-2${part}`)
    expect(gone.status).toBe(404)
    expect(await gone.json()).toMatchObject({ title: 'No such evidence', todo: expect.any(String) })
  }
  reader.state = { ...reader.state, redis: { ...reader.state.redis, ok: false } }
  expect((await app.request(`/v1/evidence/${ID}`)).status).toBe(503)
})

test('an alert over runs names the evidence of the newest run that has some', async () => {
  const { app, reader } = asked()
  const samples = [
    { outcome: 'layout_changed', evidence: '../../secret' },
    { outcome: 'layout_changed', evidence: ID },
    { outcome: 'layout_changed', evidence: 'ffffffffffff-20420-1' },
  ]
  reader.all = [testAlert({ stream: 'runs', evidence: { partition: 0, from: null, to: null, samples } })]
  const { alerts } = await (await app.request('/v1/alerts')).json()
  expect(alerts[0].proof).toBe(`/v1/evidence/${ID}`)
})
