/** What stands in Slack: the sentence first, and nothing a site says can do anything. */
import { expect, test } from 'vitest'
import { testAlert } from '../memory-reader.fixture.ts'
import { lengthOf, messageLines, noticeOf } from './message.ts'
import { slackMessage } from './slack-message.ts'
import { sparkline } from './sparkline.ts'
import { webhookMessage } from './webhook-message.ts'

const at = Date.UTC(2026, 0, 31, 14, 2)

test('a spike: sentence, value and normal, line, cause', () => {
  const alert = testAlert({ since: at, cause: 'one order of 40 BTC' })
  expect(slackMessage({ event: 'fired', alert }).text.split('\n')).toEqual([
    'BTC-EUR trades 8 BTC, 4 times its normal 2.',
    'Value 8 BTC, normal 2 BTC (mean over 5m), since 2026-01-31 14:02 UTC',
    '▂▃ ▅█',
    'Cause: one order of 40 BTC',
  ])
})

test('resolved is a message of its own, with how long it lasted', () => {
  const alert = testAlert({ since: at, resolvedAt: at + 12 * 60_000, state: 'resolved', value: 2 })
  expect(slackMessage({ event: 'resolved', alert }).text.split('\n')).toEqual([
    'Resolved after 12 min: BTC-EUR trades 8 BTC, 4 times its normal 2.',
    'Value 2 BTC, normal 2 BTC (mean over 5m)',
  ])
})

test('mentions, links and markup from a site are inert, and the first line stays one line', () => {
  const evil = '<!here> <@U123> <https://evil.example|click> a&b\n*bold* \u202Ereversed'
  const message = slackMessage({ event: 'fired', alert: testAlert({ sentence: evil, cause: evil }) })
  expect(message.text).not.toMatch(/[<>]/)
  expect(message.text).not.toMatch(/&(?!amp;|lt;|gt;)/)
  expect(message.text.split('\n')[0]).toBe(
    '&lt;!here&gt; &lt;@U123&gt; &lt;https://evil.example|click&gt; a&amp;b *bold* reversed',
  )
  expect(message).toMatchObject({ parse: 'none', mrkdwn: false, link_names: false, unfurl_links: false })
})

test('texts are bounded, and cut between lines, never inside an entity', () => {
  const long = '&'.repeat(100_000)
  const { text } = slackMessage({ event: 'fired', alert: testAlert({ sentence: long, cause: long }) })
  expect(text.length).toBeLessThan(3000)
  expect(text.replaceAll('&amp;', '')).not.toContain('&')
})

test('unknown values and missing data are said in words', () => {
  const unknown = testAlert({
    kind: 'threshold',
    value: null,
    normal: 0.9,
    stat: 'ratio',
    unit: '',
    spark: [],
  })
  expect(messageLines({ event: 'fired', alert: unknown })[1]).toMatch(
    /^Value unknown, limit 90% \(ratio over 5m\)/,
  )
  const silent = testAlert({ kind: 'noData', value: 600_000 })
  expect(messageLines({ event: 'fired', alert: silent })[1]).toMatch(/^No data for 10 min/)
})

test('updates tell nobody', () => {
  const change = { cursor: '1-0', alert: testAlert() }
  expect(noticeOf({ ...change, event: 'updated' })).toBeNull()
  expect(noticeOf({ ...change, event: 'fired' })).toMatchObject({ event: 'fired' })
})

test('a webhook gets the same text and the numbers, under a key that stays', () => {
  const alert = testAlert({ evidence: { partition: 0, from: null, to: null, samples: [{ secret: 1 }] } })
  const message = webhookMessage({ event: 'fired', alert }, 'hook')
  expect(message).toMatchObject({
    version: 1,
    key: 'a1 fired hook',
    event: 'fired',
    alert: { value: 8, normal: 2 },
  })
  expect(JSON.stringify(message)).not.toContain('secret')
})

test.each([
  [[1, 2, 3, 4], '▃▅▆█'],
  [[0, 0, 0], '▁▁▁'],
  [[1, null, 1], '█ █'],
  [[null, null, 1, 1], '██'],
  [[-5, 0, 5], '▁▅█'],
  [[7], ''],
  [[null, null], ''],
])('%j as a line', (values, line) => {
  expect(sparkline(values)).toBe(line)
})

test.each([
  [400, '0 s'],
  [59_000, '59 s'],
  [12 * 60_000, '12 min'],
  [60 * 60_000, '1 h'],
  [90 * 60_000, '1 h 30 min'],
  [3 * 86_400_000, '3 d'],
])('%d ms is %s', (ms, words) => {
  expect(lengthOf(ms)).toBe(words)
})
