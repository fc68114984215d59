/** A hostile page tries every way into this machine, rebinding of names included; a real Chromium gets nowhere. */
import { createSocket } from 'node:dgram'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium } from '../../launch/chromium.ts'
import { scraper, text } from '../index.ts'
import { judge } from '../outcome/judge.ts'
import { PATIENT } from './patient.fixture.ts'
import { type Pool, openPool } from './pool.ts'
import { visit } from './visit.ts'

let pool: Pool
let site: Server
let victim: Server
const udp = createSocket('udp4')
let connections = 0
let touched: string[] = []
const asked: string[] = []
const portOf = (server: Server) => (server.address() as AddressInfo).port

/** `rebind.example` is public when it is looked at, and inside when it is looked at again. */
function resolve(host: string, answer: (error: null, found: { address: string; family: number }[]) => void) {
  asked.push(host)
  const again = asked.filter((each) => each === host).length > 1
  const address = host === 'rebind.example' && !again ? '203.0.113.7' : '127.0.0.1'
  answer(null, [{ address: address === '203.0.113.7' ? PUBLIC : address, family: 4 }])
}
/** Nobody answers there: TEST-NET would be refused, so a public address that no route leads to. */
const PUBLIC = '192.31.196.1'

beforeAll(async () => {
  victim = createServer((request, response) => {
    touched.push(`${request.method} ${request.headers.host}${request.url}`)
    response.end('secret')
  })
  victim.on('upgrade', (request, socket) => {
    touched.push(`UPGRADE ${request.headers.host}`)
    socket.destroy()
  })
  udp.on('message', () => touched.push('a datagram'))
  await new Promise<void>((done) => udp.bind(0, '127.0.0.1', done))
  site = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    const to = url.searchParams.get('to')
    if (to !== null && url.pathname === '/redirect')
      return void response.writeHead(302, { location: to }).end()
    const script = to === null ? attack() : `location.href = ${JSON.stringify(to)}`
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<h1>Accounts</h1><script>${script}</script>`)
  })
  site.on('connection', () => (connections += 1))
  for (const server of [victim, site]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  pool = await openPool({ executable: (await findChromium()).path, workers: 2, resolve, ...PATIENT })
})
afterAll(async () => {
  await pool?.close()
  udp.close()
  for (const server of [site, victim]) {
    server?.closeAllConnections()
    server?.close()
  }
})

const inside = () =>
  [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '2130706433',
    '0',
    '[::ffff:127.0.0.1]',
    'inside.example',
    'rebind.example',
  ].map((host) => `${host}:${portOf(victim)}`)

/** Every way a page has to send something, to every name of this machine, each twice. */
function attack(): string {
  return `for (const host of ${JSON.stringify([...inside(), ...inside()])}) {
    fetch('http://' + host + '/fetch', { mode: 'no-cors' }).catch(() => {})
    navigator.sendBeacon('http://' + host + '/beacon', 'x')
    new WebSocket('ws://' + host + '/socket')
    for (const [tag, at] of [['script', 'src'], ['iframe', 'src'], ['link', 'href'], ['object', 'data']]) {
      const element = document.createElement(tag)
      element.rel = 'stylesheet'
      element[at] = 'http://' + host + '/' + tag
      document.documentElement.append(element)
    }
  }
  const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:${udp.address().port}' }] })
  peer.createDataChannel('x')
  peer.createOffer().then((offer) => peer.setLocalDescription(offer))
  setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<p id=done>done</p>'), 700)`
}

async function visited(path: string) {
  const made = scraper('a', {
    visit: `http://site.example:${portOf(site)}${path}`,
    every: '1m',
    timeout: '20s',
    allowPrivate: true,
    is: ['h1 = Accounts'],
    read: { done: text('#done') },
  })
  const signals = await pool.run((lease) => visit(lease, made), { deadline: 40_000, patience: 40_000 })
  const { outcome, reason } = judge(signals)
  return { verdict: `${outcome}.${reason}`, signals }
}

test('nothing that a page starts reaches this machine', async () => {
  touched = []
  const { verdict } = await visited('/')
  expect({ verdict, touched }).toEqual({ verdict: 'ok.all_valid', touched: [] })
  // What was checked is what was connected to: one question for each connection, and none by the browser itself.
  expect(asked.filter((host) => host === 'site.example').length).toBe(connections)
})

test('no redirect and no script leads the page itself there, and nothing of it is read', async () => {
  touched = []
  const targets = ['127.0.0.1', '[::ffff:127.0.0.1]', 'inside.example'].map(
    (host) => `http://${host}:${portOf(victim)}/`,
  )
  const all = targets.flatMap((to) =>
    ['redirect', 'script'].map((way) => `/${way}?to=${encodeURIComponent(to)}`),
  )
  const results = await Promise.all(all.map((path) => visited(path)))
  expect(results.map(({ verdict }) => verdict)).toEqual(all.map(() => 'crashed.private_target'))
  expect(results.map(({ signals }) => signals.fields)).toEqual(all.map(() => ({})))
  expect(touched).toEqual([])
})
