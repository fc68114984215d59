/** A page as heavy as real ones, served by a process of its own: 29 kB of HTML, 12 pictures, a script, a style sheet, two fonts. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { noise } from './noise.ts'

const random = noise(7)
const bytes = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => random() * 256))
const script = `let n = 0; for (const p of document.querySelectorAll('p')) n += p.textContent.length; window.n = n;
// ${bytes(45_000).toString('base64')}`
const style = Array.from(
  { length: 400 },
  (_, i) => `.c${i} { margin: ${i % 7}px; color: #${(i * 999) % 1000} }`,
)
const words = Array.from(
  { length: 220 },
  (_, i) => `<p class=c${i}>${'lorem ipsum dolor '.repeat(6)}${i}</p>`,
)
const pictures = Array.from({ length: 12 }, (_, i) => `<img src="/picture-${i}.png" width=200 height=100>`)
const parts: Record<string, [string, Buffer]> = {
  '/script.js': ['text/javascript', Buffer.from(script)],
  '/style.css': [
    'text/css',
    Buffer.from(
      `@font-face { font-family: a; src: url(/a.woff2) } @font-face { font-family: b; src: url(/b.woff2) }
body { font-family: a } h1 { font-family: b } ${style.join('\n')}`,
    ),
  ],
  '/a.woff2': ['font/woff2', bytes(30_000)],
  '/b.woff2': ['font/woff2', bytes(30_000)],
  '/check': ['text/html', Buffer.from(`<title>fine</title>${'<p>All systems operational.</p>'.repeat(40)}`)],
}
for (let i = 0; i < 12; i += 1) parts[`/picture-${i}.png`] = ['image/png', bytes(60_000)]
const page = Buffer.from(
  `<!doctype html><title>North Bank</title><link rel=stylesheet href=/style.css><script defer src=/script.js></script>
<h1>Accounts</h1><p id=balance>1,234.56 €</p>${pictures.join('')}${words.join('\n')}`,
)

const server = createServer((request, response) => {
  const [type, body] = parts[request.url!] ?? ['text/html; charset=utf-8', page]
  response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body)
})
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
