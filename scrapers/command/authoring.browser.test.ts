/** From an address to a scraper with a test, as an author does it: new, try, save, and a page that changes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, mkdirSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../engine/index.ts'
import { findChromium } from '../../launch/chromium.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { recorded, replay } from '../fixture/index.ts'
import type { BrowserScraper } from '../index.ts'
import { run as runNew } from './new.ts'
import { subjectOf } from './subject.ts'
import { run as runTry } from './try.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const IBAN = 'DE89 3704 0044 0532 0130 00'
const PAGE = `<!doctype html><title>Accounts | North Bank</title><style>.none, .deep p { display: none } b { text-transform: uppercase }</style>
<nav data-of="${IBAN}"><a href="/pay?to=${encodeURIComponent(IBAN)}"></a><ul><li>Home<li>About<li>Help</ul></nav><h1>Accounts</h1>
<dl><dt>Balance<dd data-balance>1.234,56 €<dt>IBAN<dd data-iban>${IBAN}<dt>Kind<dd data-kind><b>giro</b> <i class=none>secret plan</i></dl>
<p class=none>No transactions yet</p>
<table><tbody id=txs></table><input type=password value=hunter22>
<script>for (const i of [1, 2, 3]) txs.insertAdjacentHTML('beforeend', '<tr class=tx><td>0' + i + '.11.<td>Shop<td>-5,00 €')</script>`

let server: Server
let redis: TestRedis
let folder: string
let body = PAGE
let status = 200

beforeAll(async () => {
  redis = await startRedis()
  // Found once: looking for it takes as long as a visit.
  delete process.env['REDIS_URL']
  process.env['WEIR_CHROMIUM'] = (await findChromium()).path
  mkdirSync(`${ROOT}.weir`, { recursive: true })
  // Inside the project, where 'weir' is its own name.
  folder = mkdtempSync(`${ROOT}.weir/authoring-`)
  server = createServer((request, response) => {
    if (request.url === '/') return response.writeHead(302, { location: '/accounts' }).end()
    return response
      .writeHead(status, { 'content-type': 'text/html; charset=utf-8', server: 'nginx' })
      .end(body)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})
afterAll(() => {
  server?.closeAllConnections()
  server?.close()
  rmSync(folder, { recursive: true, force: true })
  return redis?.stop()
})

function url(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function say(
  command: typeof runTry,
  ...words: string[]
): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const env = { ...process.env, WEIR_CONFIG: join(folder, 'none.ts') }
  const code = await command(words, {
    env,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  })
  return { code, out, err }
}

test('new writes a scraper that reads the page, its fixture and its test, and overwrites nothing', async () => {
  const made = await say(runNew, 'scraper', 'north-bank', url(), '--dir', folder)
  expect(made).toMatchObject({ code: 0, err: expect.stringMatching(/^No Redis answers.*\n$/) as string })
  const file = join(folder, 'north-bank.ts')
  const source = readFileSync(file, 'utf8')
  for (const part of [
    `is: ['h1 = Accounts', 'title ~ North Bank']`,
    `balance: money('[data-balance]', { label: 'Balance' })`,
    `iban: text('[data-iban]', { label: 'IBAN', private: true })`,
    `list('tr.tx', { absentWhen: 'No transactions yet' })`,
    'local: true',
  ])
    expect(source).toContain(part)
  expect(readFileSync(join(folder, 'north-bank.browser.test.ts'), 'utf8')).toContain(`from './north-bank.ts'`)

  const again = await say(runNew, 'scraper', 'north-bank', url(), '--dir', folder)
  expect(again.code).toBe(2)
  expect(again.err).toMatch(/north-bank\.ts is there already/)
})

test('try shows what was read, and keeps the page', async () => {
  const file = join(folder, 'north-bank.ts')
  const source = readFileSync(file, 'utf8')
  // Its author adds a field, of which a style sheet hides a part and shows the rest in capitals.
  writeFileSync(file, source.replace('  read: {', "  read: {\n    kind: text('[data-kind]'),"))
  const picture = join(folder, 'seen.webp')
  const tried = await say(runTry, file, '--save', 'live', '--screenshot', picture)
  expect(tried).toMatchObject({ code: 0, err: expect.stringMatching(/^No Redis answers.*\n$/) as string })
  expect(tried.out).toMatch(/^north-bank {2}http.*\/accounts\nok all_valid, status 200/)
  expect(tried.out).toMatch(/✓ h1 = Accounts/)
  expect(tried.out).toMatch(/balance +ok +1234\.56 +selector/)
  expect(tried.out).toMatch(/kind +ok +GIRO +selector/)
  expect(tried.out).toMatch(/iban +ok +\(private\)/)
  expect(tried.out).not.toContain('is not read as the live one was')
  expect(tried.out).toMatch(/tx +ok +3 items: 01\.11\./)
  expect(tried.out).not.toMatch(/3704|hunter22/)
  expect(readFileSync(picture).subarray(8, 12).toString()).toBe('WEBP')
  expect((await say(runTry, file, '--save', 'live')).err).toMatch(/there is a fixture "live" already/)
})

test('a recorded page is read again offline, redirect included, and a changed one is noticed', async () => {
  const file = join(folder, 'north-bank.ts')
  body = 'gone'
  const fixtures = recorded(join(folder, 'north-bank.browser.test.ts'))
  expect(fixtures.map(({ label }) => label)).toEqual(['live', 'ok'])
  const scraper = (await subjectOf(file, null, false)).scraper as BrowserScraper
  for (const fixture of fixtures) {
    expect(fixture.html).not.toMatch(/3704|hunter22|insertAdjacentHTML/)
    expect(fixture.expect.values).toMatchObject({ balance: 1234.56 })
  }
  const [live] = fixtures
  expect(live!.expect.values).toMatchObject({ kind: 'GIRO' })
  expect(await replay(scraper, live!)).toEqual(live!.expect)
  const changed = { ...live!, html: live!.html.replaceAll('data-balance', 'data-amount') }
  expect(await replay(scraper, changed)).toMatchObject({ outcome: 'layout_changed', missing: ['balance'] })

  const failed = await say(runTry, file, '--json')
  expect(failed.code).toBe(1)
  const told = JSON.parse(failed.out) as { event: object; fields: object[]; saved: null }
  expect(told.event).toMatchObject({ outcome: 'layout_changed', reason: 'identity' })
  expect(told.fields[1]).toMatchObject({ name: 'balance', state: 'missing' })
  body = PAGE
})

test('an address without a scraper shows what could be read; a site that is down gives examples and no test', async () => {
  process.env['REDIS_URL'] = redis.url
  const tried = await say(runTry, url())
  delete process.env['REDIS_URL']
  expect(tried.err).toMatch(/^There is no config at .*: limits are those of the namespace weir/)
  const client = connect(redis.url, 'query')
  // The visit took a turn that all processes know of.
  expect(await client.keys('weir:{site *:gate')).toHaveLength(1)
  client.disconnect()
  expect(tried.out).toMatch(/could be known by {2}h1 = Accounts/)
  expect(tried.out).toMatch(/balance: money\('\[data-balance\]'/)
  status = 503
  const made = await say(runNew, 'scraper', 'down-bank', url(), '--dir', folder)
  status = 200
  expect(made.out).toMatch(/could not be looked at: site_down http5xx/)
  expect(existsSync(join(folder, 'down-bank.ts'))).toBe(true)
  expect(existsSync(join(folder, 'down-bank.browser.test.ts'))).toBe(false)
  const { scraper } = await subjectOf(join(folder, 'down-bank.ts'), null, false)
  expect(scraper.name).toBe('down-bank')
})

test('wrong words are explained', async () => {
  expect((await say(runTry)).err).toContain('Say: weir try FILE|URL')
  expect((await say(runTry, 'nowhere.ts')).err).toContain('there is no file nowhere.ts')
  expect((await say(runTry, url(), '--save')).err).toContain('only pages of a scraper file are kept')
  expect((await say(runNew, 'scraper', 'x')).err).toContain('Say: weir new scraper NAME URL')
  expect((await say(runNew, 'scraper', '../x', url())).code).not.toBe(0)
  expect((await say(runNew, 'scraper', 'x', 'ftp://a/')).err).toContain('Use http or https')
})
