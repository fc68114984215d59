import { expect, test } from 'vitest'
import { browserMemory } from '../http/browser-memory.ts'
import { needsBrowser } from './browser-need.ts'
import { judge } from './judge.ts'
import { answered, field, marks, okField, page } from './signals.fixture.ts'
import type { Signals } from './signals.ts'

const lost = { landmarks: marks(0, 3), fields: { balance: field('missing') } }
const cases: [string, Partial<Signals>, boolean][] = [
  ['good', {}, false],
  ['a field is missing', { fields: { balance: field('missing') } }, true],
  ['another page', lost, true],
  ['a value that is none', { fields: { balance: field('invalid') } }, true],
  ['there but empty', { fields: { balance: field('empty') } }, true],
  ['too intricate to be read', { fault: { reason: 'hung', detail: '' } }, true],
  ['truthfully empty', { fields: { balance: okField(), rows: field('absent') } }, false],
  ['implausible', { insane: 'too much' }, false],
  ['a challenge', { ...lost, bodyHead: '__cf_chl_f_tk' }, false],
  ['refused', { ...lost, main: answered(403) }, false],
  ['throttled', { ...lost, main: answered(429) }, false],
  ['a login page', { ...lost, passwordField: true }, false],
  ['gone', { ...lost, main: answered(404) }, false],
  ['down', { ...lost, main: answered(500) }, false],
  ['cut', { ...lost, mainFailed: 'BODY_TRUNCATED' }, false],
  ["another site's", { ...lost, finalUrl: 'https://parking.example.net/' }, false],
]

test.each(cases)('%s', (_, change, expected) => {
  const signals = page({ via: 'http', ...change })
  expect(needsBrowser(signals, judge(signals))).toBe(expected)
  expect(needsBrowser({ ...signals, via: 'browser' }, judge(signals))).toBe(false)
})

test('what needs a browser is remembered for six hours, per version', () => {
  const memory = browserMemory()
  memory.add('bank', 'v1', 0)
  const hours = (n: number) => n * 3_600_000
  expect([
    memory.has('bank', 'v1', hours(5)),
    memory.has('bank', 'v2', 0),
    memory.has('shop', 'v1', 0),
  ]).toEqual([true, false, false])
  expect([memory.has('bank', 'v1', hours(6)), memory.has('bank', 'v1', hours(5))]).toEqual([false, false])
})
