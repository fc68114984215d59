/** Raw answers over HTTP: found, and inert whatever stands in them. */
import { expect, test } from 'vitest'
import { noAnswers, testApp } from '../app.fixture.ts'

const kept = { id: '5-0', at: 5, status: 200, type: 'text/html', bytes: 25, cut: false }
const answers = {
  ...noAnswers,
  list: async (scraper: string, limit: number, before = '6-0') =>
    (scraper === 'my coins' ? [kept, { ...kept, id: '4-0' }] : [])
      .filter(({ id }) => id < before)
      .slice(0, limit),
  body: async (_: string, id: string) => (id === '5-0' ? Buffer.from('<script>alert(1)</script>') : null),
}

test('a list says where each body is, and bodies are inert text', async () => {
  const { app } = testApp({ answers })
  const listed = await (await app.request('/v1/answers?scraper=my%20coins&limit=1')).json()
  expect(listed).toEqual({ answers: [{ ...kept, link: '/v1/answers/my%20coins/5-0' }], cursor: '5-0' })
  const next = await (await app.request('/v1/answers?scraper=my%20coins&limit=1&cursor=5-0')).json()
  expect(next).toMatchObject({ answers: [{ id: '4-0' }], cursor: null })
  expect((await app.request('/v1/answers?scraper=x&cursor=y')).status).toBe(400)
  const body = await app.request(listed.answers[0].link)
  expect(await body.text()).toBe('<script>alert(1)</script>')
  expect(body.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(body.headers.get('content-security-policy')).toContain('sandbox')
  expect(body.headers.get('x-content-type-options')).toBe('nosniff')
})

test('what is gone and what is not named are told apart', async () => {
  const { app } = testApp({ answers })
  expect((await app.request('/v1/answers/my%20coins/6-0')).status).toBe(404)
  const unnamed = await app.request('/v1/answers')
  expect([unnamed.status, (await unnamed.json()).todo]).toEqual([400, 'Ask with ?scraper=NAME.'])
})
