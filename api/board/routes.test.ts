/** The page over HTTP: nothing inline, names that change with the content, nothing asked twice. */
import { expect, test } from 'vitest'
import { boardAssets } from './assets.ts'
import { boardRoutes, CONTENT_SECURITY_POLICY } from './routes.ts'

const app = boardRoutes()

test.each(['/', '/fleet'])(
  '%s has no inline script or style, and names its files by content',
  async (page) => {
    const answer = await app.request(page)
    const html = await answer.text()
    expect(answer.headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY)
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*/)
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]* src=)/)
    const files = [...html.matchAll(/\/board\/[0-9a-f]{16}\.(?:js|css)/g)].map(([path]) => path)
    expect(files).toHaveLength(2)
    for (const path of files) {
      const file = await app.request(path)
      expect(file.status).toBe(200)
      expect(file.headers.get('cache-control')).toContain('immutable')
      expect((await file.text()).length).toBeGreaterThan(1000)
    }
  },
)

test('what the browser holds already is not sent again', async () => {
  const { html } = (await boardAssets()).board
  const again = await app.request('/', { headers: { 'if-none-match': `"x", W/${html.etag}` } })
  expect(again.status).toBe(304)
  expect(await again.text()).toBe('')
})

test('only the files of the page are there', async () => {
  for (const path of ['/board/x.js', '/board/..%2fstate.ts', '/board/'])
    expect((await app.request(path)).status).toBe(404)
})

test('the scripts are small', async () => {
  for (const { js, css } of Object.values(await boardAssets()))
    expect(js.body.length + css.body.length).toBeLessThan(40_000)
})
