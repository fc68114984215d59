/** Pages through a proxy: each job by its own, over the relay of its browser context. */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium } from '../../../launch/chromium.ts'
import { scraper, text } from '../../index.ts'
import { judge } from '../../outcome/judge.ts'
import { LIMITS, PATIENT } from '../../pool/patient.fixture.ts'
import { type Pool, openPool } from '../../pool/pool.ts'
import { visit } from '../../pool/visit.ts'
import { type TestProxy, startHttpProxy } from './proxy.fixture.ts'
import { upstreamOf } from './upstream.ts'

let server: Server
let port: number
let visits = 0
let proxy: TestProxy
let pool: Pool

beforeAll(async () => {
  server = createServer((_, response) => {
    visits += 1
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>North</title><p id=x>good</p>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  proxy = await startHttpProxy('ann:secret')
  pool = await openPool({ executable: (await findChromium()).path, workers: 2, ...PATIENT })
})
afterAll(async () => {
  await pool?.close()
  proxy?.close()
  server?.closeAllConnections()
  server?.close()
})

test('two jobs of one browser, one through a proxy and one direct; a proxy that refuses is not gone around', async () => {
  const page = scraper('north', {
    visit: `http://north.localhost:${port}/`,
    every: '1m',
    local: true,
    read: { x: text('#x') },
    timeout: '30s',
  })
  const through = (address: string) => upstreamOf('berlin', 'PROXY_BERLIN', address)
  const visited = async (address: string | null): Promise<string> => {
    const upstream = address === null ? null : through(address)
    const exit = address === null ? null : { names: ['berlin'], country: null }
    const signals = await pool.run((lease) => visit(lease, { ...page, exit, through: upstream }), LIMITS)
    const { outcome, reason } = judge({ ...signals, exit: upstream === null ? 'direct' : 'berlin' })
    return `${outcome}.${reason}`
  }
  const good = `http://ann:secret@127.0.0.1:${proxy.port}`
  expect(await Promise.all([visited(good), visited(null)])).toEqual(['ok.all_valid', 'ok.all_valid'])
  expect(proxy.asked).toContain(`127.0.0.1:${port}`)
  const before = visits
  expect(await visited(`http://ann:wrong@127.0.0.1:${proxy.port}`)).toBe('proxy_failed.auth')
  expect(await visited('http://127.0.0.1:1')).toBe('proxy_failed.connect')
  expect(visits).toBe(before)
})
