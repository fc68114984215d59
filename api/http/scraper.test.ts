import { expect, test } from 'vitest'
import type { FleetSchedule, FleetScraper } from '../../engine/index.ts'
import { emptySchedule, testApp } from '../app.fixture.ts'

const scraper = (name: string, change: Partial<FleetScraper> = {}): FleetScraper => ({
  name,
  kind: 'http',
  fleet: 'shops',
  template: name,
  host: `${name}.example`,
  site: `${name}.example`,
  url: `https://${name}.example/`,
  every: '1m',
  fields: [],
  version: 'v1',
  since: 1,
  due: 2000,
  running: null,
  paused: null,
  asked: null,
  last: null,
  ...change,
})

function asked(all: FleetScraper[]) {
  const done: string[] = []
  const act = (what: string) => async (name: string, by?: string) => {
    done.push([what, name, by].join(' ').trim())
    return all.find((one) => one.name === name) ?? null
  }
  const schedule: FleetSchedule = {
    ...emptySchedule,
    scrapers: async (name) => all.filter((one) => name === undefined || one.name === name),
    pause: act('pause'),
    resume: act('resume'),
    run: act('run'),
  }
  return { ...testApp({ schedule }), done }
}

const ALL = [
  scraper('a'),
  scraper('b', { fleet: 'banks' }),
  scraper('c', { paused: { by: 'ann', since: 5 } }),
]

test('lists in pages, by fleet, host and pause', async () => {
  const { app } = asked(ALL)
  const get = async (query: string) => (await app.request(`/v1/scrapers${query}`)).json()
  expect(await get('?limit=2')).toMatchObject({
    scrapers: [{ name: 'a' }, { name: 'b' }],
    total: 3,
    cursor: 'b',
  })
  expect(await get('?cursor=b')).toMatchObject({ scrapers: [{ name: 'c' }], cursor: null })
  expect(await get('?fleet=banks')).toMatchObject({ scrapers: [{ name: 'b' }], total: 1 })
  expect(await get('?paused=true&host=c.example')).toMatchObject({ scrapers: [{ name: 'c' }] })
  expect((await app.request('/v1/scrapers?limit=0')).status).toBe(400)
  expect(await (await app.request('/v1/scrapers/a')).json()).toMatchObject({ name: 'a', due: 2000 })
})

test('pauses, resumes and asks for a run, in somebody’s name; GET does none of it', async () => {
  const { app, done } = asked(ALL)
  const post = (path: string) => app.request(`/v1/scrapers${path}`, { method: 'POST' })
  expect((await post('/a/pause?by=ann')).status).toBe(200)
  expect((await post('/a/resume')).status).toBe(200)
  expect((await post('/a/run')).status).toBe(202)
  expect(done).toEqual(['pause a ann', 'resume a', 'run a the API'])
  expect((await post('/nobody/run')).status).toBe(404)
  expect((await post(`/a/pause?by=${'x'.repeat(81)}`)).status).toBe(400)
  expect((await app.request('/v1/scrapers/a/pause')).status).toBe(405)
})

test('with Redis away it says so', async () => {
  const { app, reader, done } = asked(ALL)
  reader.state = { ...reader.state, redis: { ...reader.state.redis, ok: false } }
  expect((await app.request('/v1/scrapers')).status).toBe(503)
  expect((await app.request('/v1/scrapers/a/run', { method: 'POST' })).status).toBe(503)
  expect(done).toEqual([])
})
