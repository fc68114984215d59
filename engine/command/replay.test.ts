import { expect, it } from 'vitest'
import { run, startWords } from './replay.ts'
import { replayOptions } from './replay-options.ts'

const NOW = Date.UTC(2026, 0, 5, 12)
const NONE = { config: null, stream: null, from: null, to: null, json: false }

it.each([
  ['', NONE],
  ['--json -s trades', { ...NONE, json: true, stream: 'trades' }],
  ['--from -6h --to -1h', { ...NONE, from: NOW - 6 * 3_600_000, to: NOW - 3_600_000 }],
  ['--from=-90s', { ...NONE, from: NOW - 90_000 }],
  ['--from 2026-01-05T10:00:00Z', { ...NONE, from: NOW - 2 * 3_600_000 }],
  ['--to 2026-01-05T10:00:00+01:00 --config a.ts', { ...NONE, to: NOW - 3 * 3_600_000, config: 'a.ts' }],
  ['--to 1767614400000', { ...NONE, to: NOW }],
  ['--help', null],
])('%s', (words, options) => {
  expect(replayOptions(words === '' ? [] : words.split(' '), NOW)).toEqual(options)
})

it.each([
  ['--from yesterday', '--from yesterday is no time.'],
  ['--from 2026-01-05T10:00:00', '--from 2026-01-05T10:00:00 is no time.'],
  ['--from -1h --to -2h', '--from is not before --to.'],
  ['--until now', "Unknown option '--until'"],
  ['trades', "Unexpected argument 'trades'"],
])('%s is refused, with what to say', async (words, message) => {
  let said = ''
  const world = { env: {}, out: () => undefined, err: (text: string) => void (said += text) }
  expect(await run(words.split(' '), world, NOW)).toBe(2)
  expect(said).toContain(`weir replay: ${message}`)
  expect(said).toContain('Say: weir replay')
})

it('says how far back a log reaches', () => {
  const first = Date.UTC(2026, 0, 5, 10)
  expect(
    startWords(
      [
        { partition: 'trades.0', kind: 'beginning', first, gone: 0 },
        { partition: 'trades.1', kind: 'snapshot', first, gone: 1 },
        { partition: 'trades.2', kind: 'trimmed', first, gone: 1200 },
      ],
      null,
    ),
  ).toEqual([
    'Note: trades.1: 1 older entry is no longer there; the replay starts from the snapshot of 2026-01-05T10:00:00Z.',
    'Note: trades.2 begins at 2026-01-05T10:00:00Z: 1,200 older entries are no longer there. Windows and averages that reach further back begin empty there, and alerts that were open then fire again.',
  ])
  expect(startWords([], null)).toEqual(['There is nothing in the log yet.'])
})
