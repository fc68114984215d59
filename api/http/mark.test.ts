/** Marks over HTTP, and what alerts and messages make of them. */
import { expect, test } from 'vitest'
import type { Mark } from '../../engine/index.ts'
import { noDeploys, NOW, testApp } from '../app.fixture.ts'
import { testAlert } from '../memory-reader.fixture.ts'
import { messageLines } from '../notify/message.ts'
import { webhookMessage } from '../notify/webhook-message.ts'

function marked() {
  const kept: Mark[] = []
  const deploys = {
    ...noDeploys,
    mark: async (mark: Mark) => void kept.unshift(mark),
    marks: async ({ limit, name }: { limit: number; name?: string }) =>
      kept.filter((mark) => name === undefined || mark.name === name).slice(0, limit),
  }
  const made = testApp({ deploys })
  const post = (body: unknown) =>
    made.app.request('/v1/marks', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return { ...made, kept, post }
}

test('a deploy is kept with what is not said filled in, and listed', async () => {
  const { app, post } = marked()
  const answer = await post({ version: '4f2a' })
  expect(answer.status).toBe(201)
  const first = { name: 'all', version: '4f2a', at: NOW, by: 'the API' }
  expect(await answer.json()).toEqual(first)
  await post({ name: 'banks', version: '9b1c', at: '1970-01-01T00:16:00Z', by: 'ci' })
  const listed = async (query: string) => (await app.request(`/v1/marks${query}`)).json()
  const second = { name: 'banks', version: '9b1c', at: 960_000, by: 'ci' }
  expect(await listed('')).toEqual({ now: NOW, marks: [second, first] })
  expect(await listed('?name=banks&limit=1')).toMatchObject({ marks: [second] })
})

test.each([
  ['version', {}],
  ['version', { version: '' }],
  ['version', { version: 'a\nb' }],
  ['name', { version: '1', name: 7 }],
  ['by', { version: '1', by: 'x'.repeat(81) }],
  ['at', { version: '1', at: NOW + 120_000 }],
  ['at', { version: '1', at: 'yesterday' }],
  ['verison', { version: '1', verison: '2' }],
  ['body', '[1]'],
  ['body', 'not json'],
  ['body', ' '.repeat(5000)],
])('what is wrong with %s is said, and nothing kept: %j', async (where, body) => {
  const { post, kept } = marked()
  const answer = await post(body)
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({
    detail: expect.stringMatching(new RegExp(`^${where}: `)),
    todo: expect.any(String),
  })
  expect(kept).toEqual([])
})

test('an alert says that it began with a deploy, and so do the messages', async () => {
  const { app, reader, post } = marked()
  const alert = testAlert({ since: NOW })
  reader.change('fired', alert)
  await post({ version: '4f2a', at: NOW - 30_000 })
  const { alerts } = (await (await app.request('/v1/alerts')).json()) as { alerts: { origin: never }[] }
  const { origin } = alerts[0]!
  expect(origin).toMatchObject({ kind: 'deploy', words: 'began with our deploy 4f2a' })
  expect(messageLines({ event: 'fired', alert, origin }).at(-1)).toBe('Began with our deploy 4f2a.')
  expect(messageLines({ event: 'fired', alert, origin: null }).join()).not.toContain('deploy')
  expect(webhookMessage({ event: 'fired', alert, origin }, 'ops').alert['origin']).toEqual(origin)
})
