import { expect, test } from 'vitest'
import type { Hold } from '../../engine/index.ts'
import { NOW, noHolds, testApp } from '../app.fixture.ts'

const HOLD: Hold = { site: 'my site/é', reason: 'hold', asked: true, until: NOW + 9e11 }

function asked() {
  const calls: unknown[] = []
  const holds = {
    ...noHolds,
    list: async (query: object) => (calls.push(query), [HOLD]),
    lift: async (site: string, by: string) => {
      calls.push([site, by])
      return site === HOLD.site ? { ...HOLD, lifted: { by, at: NOW } } : null
    },
  }
  return { ...testApp({ holds }), calls }
}

test('holds are listed, of all sites or one, and lifted by somebody', async () => {
  const { app, calls } = asked()
  expect(await (await app.request('/v1/holds')).json()).toEqual({ now: NOW, holds: [HOLD] })
  await app.request('/v1/holds?site=a.example&limit=7')
  const lifted = await app.request('/v1/holds/my%20site%2F%C3%A9/lift?by=ann', { method: 'POST' })
  expect(lifted.status).toBe(200)
  expect(await lifted.json()).toEqual({ ...HOLD, lifted: { by: 'ann', at: NOW } })
  expect(calls).toEqual([{ limit: 100 }, { site: 'a.example', limit: 7 }, ['my site/é', 'ann']])
})

test('a site that is not held is said to be none, and looking changes nothing', async () => {
  const { app } = asked()
  expect((await app.request('/v1/holds/b.example/lift', { method: 'POST' })).status).toBe(404)
  expect((await app.request('/v1/holds/b.example/lift')).status).toBe(405)
  expect((await app.request('/v1/holds?limit=0')).status).toBe(400)
  expect((await app.request('/v1/holds/b.example/lift?by=', { method: 'POST' })).status).toBe(400)
})
