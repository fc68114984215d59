/** Checks over TLS: phases are timed, certificates that end soon are named, bad ones are the site's fault. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { selfSigned } from '../../test/harness/certificate.ts'
import { check } from '../index.ts'
import { judge } from '../outcome/judge.ts'
import type { Signals } from '../outcome/signals.ts'
import { startHttpProxy } from '../politeness/exit/proxy.fixture.ts'
import { visitCheck } from './visit-check.ts'

const DAY = 86_400_000
const servers: Server[] = []
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(from: number, until: number, names = ['shop.localhost'], host = names[0]) {
  const made = selfSigned(names, Date.now() + from * DAY, Date.now() + until * DAY)
  const server = createServer(made, (request, response) =>
    request.url === '/moved'
      ? response.writeHead(301, { location: '/' }).end()
      : setTimeout(() => response.end('well'), 30),
  )
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `https://${host}:${(server.address() as AddressInfo).port}/moved`, cert: made.cert }
}

test.each([
  ['its issuer is unknown', -1, 90, undefined],
  ['it has ended', -90, -1, undefined],
  ['it is for another name', -1, 90, ['other.localhost']],
])('a certificate is refused as the fault of the site: %s', async (_, from, until, names) => {
  const { url } = await serve(from, until, names)
  const signals = await visitCheck(check('c', { url, every: '1m', local: true }), Date.now)
  expect(judge(signals)).toMatchObject({ outcome: 'site_down', reason: 'tls' })
})

test('a certificate that ends soon is named, every phase is timed, and through a proxy an address is checked as one', async () => {
  const [soon, later] = [await serve(-1, 5.5), await serve(-1, 40.5)]
  const [own, other] = [await serve(-1, 90, ['127.0.0.1']), await serve(-1, 90, ['localhost'], '127.0.0.1')]
  const proxy = await startHttpProxy()
  const folder = await mkdtemp(join(tmpdir(), 'weir-ca-'))
  try {
    await writeFile(join(folder, 'ca.pem'), soon.cert + later.cert + own.cert + other.cert)
    // Whom a process trusts is settled when it starts.
    const source = `const { check } = await import('./scrapers/index.ts')
      const { visitCheck } = await import('./scrapers/http/visit-check.ts')
      const all = ${JSON.stringify([soon.url, later.url])}.map((url) => check('c', { url, every: '1m', local: true }))
      const { upstreamOf } = await import('./scrapers/politeness/exit/upstream.ts')
      const through = upstreamOf('berlin', 'PROXY_BERLIN', 'http://127.0.0.1:${proxy.port}')
      for (const url of ${JSON.stringify([own.url, other.url])}) all.push({ ...check('p', { url, every: '1m', local: true }), through })
      process.stdout.write(JSON.stringify(await Promise.all(all.map((each) => visitCheck(each, Date.now)))))`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', source],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') } },
    )
    const [first, second, third, fourth] = JSON.parse(stdout) as [Signals, Signals, Signals, Signals]
    expect(judge(third)).toMatchObject({ outcome: 'ok', reason: 'all_valid' })
    expect(judge(fourth)).toMatchObject({ outcome: 'site_down', reason: 'tls' })
    expect(proxy.asked.length).toBeGreaterThan(2)
    expect(judge(first)).toEqual({
      outcome: 'ok',
      reason: 'certificate',
      detail: 'the certificate ends in 5 days',
    })
    expect(judge(second)).toMatchObject({ outcome: 'ok', reason: 'all_valid' })
    const { connect, tls, response, firstByte } = second.timings
    expect(second).toMatchObject({ redirects: 1, certDays: 40 })
    expect(tls).toBeGreaterThan(0)
    expect(response).toBeGreaterThan(20)
    expect(firstByte).toBeGreaterThanOrEqual(connect! + tls! + response! - 0.5)
  } finally {
    proxy.close()
    await rm(folder, { recursive: true, force: true })
  }
})
