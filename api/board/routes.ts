/** The wallboard at `/` and the fleet at `/fleet`, their scripts and styles under names that change with their content. */
import { Hono, type Context } from 'hono'
import { boardAssets, type Asset } from './assets.ts'

/** Scripts, styles and sockets of this origin only; nothing inline, nothing framed by strangers. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Mount at `/`: `app.route('/', boardRoutes())`. Needs nothing but the WebSocket at `/v1/live` and GET under `/v1`. */
export function boardRoutes(): Hono {
  const app = new Hono()
  app.get('/', async (c) => send(c, (await boardAssets()).board.html, 'no-cache'))
  app.get('/fleet', async (c) => send(c, (await boardAssets()).fleet.html, 'no-cache'))
  app.get('/board/:file', async (c) => {
    const files = Object.values(await boardAssets()).flatMap(({ js, css }) => [js, css])
    const asked = files.find((each) => each.path === c.req.path)
    return asked === undefined ? c.notFound() : send(c, asked, 'public, max-age=31536000, immutable')
  })
  return app
}

function send(c: Context, { body, type, etag }: Asset, cache: string): Response {
  c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Referrer-Policy', 'no-referrer')
  c.header('Cache-Control', cache)
  c.header('ETag', etag)
  const known = c.req
    .header('if-none-match')
    ?.split(',')
    .map((each) => each.trim().replace(/^W\//, ''))
  if (known?.includes(etag)) return c.body(null, 304)
  return c.body(body, 200, { 'Content-Type': type })
}
