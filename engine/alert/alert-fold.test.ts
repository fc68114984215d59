import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_PRODUCERS } from '../event/sequence.ts'
import type { Entry } from '../event/entry.ts'
import type { Alert, AlertChange } from './alert.ts'
import { AlertFold, MAX_RESOLVED } from './alert-fold.ts'
import type { AlertRow } from './row.ts'
import { Texts } from '../event/texts.ts'

const T = 1_700_000_000_000

function row(options: Partial<AlertRow> = {}): AlertRow {
  return {
    at: T,
    rule: 'high',
    kind: 'threshold',
    severity: 'critical',
    metric: 'm',
    stat: 'mean',
    unit: '',
    stream: 's',
    group: { k: 'a' },
    verdict: 'firing',
    reason: 'above 1',
    since: T,
    value: 2,
    normal: 1,
    window: { name: '1m', from: T - 60_000, to: T },
    sentence: 'A: m is 2.',
    cause: null,
    evidence: { partition: 0, from: null, to: null, samples: [{ k: 'a' }] },
    spark: [1, null, 2],
    notify: ['ops'],
    ...options,
  }
}

let next = 0
function entry(rows: unknown[], seq = next): Entry {
  next = seq + rows.length
  return {
    kind: 'batch',
    id: `${T}-${seq}`,
    ms: T,
    from: 'x:s.0',
    seq,
    n: rows.length,
    schema: 'x',
    minute: 0,
    columns: { row: rows },
  }
}

function fresh(): AlertFold {
  next = 0
  return new AlertFold('1-0')
}

const said = (fold: AlertFold): (Omit<AlertChange, 'cursor'> & { gone?: string })[] =>
  fold.take().live.map((json) => JSON.parse(json) as Omit<AlertChange, 'cursor'>)

test('the life of an alert: pending, fired, updated, unknown, resolved', () => {
  const fold = fresh()
  fold.step(
    entry([
      row({ verdict: 'pending' }),
      row({ verdict: 'firing', at: T + 1 }),
      row({ verdict: 'firing', at: T + 2, value: 9 }),
      row({ verdict: 'unknown', at: T + 3, value: null, reason: 'no samples', sentence: 'not this one' }),
      row({ verdict: 'ok', at: T + 4, value: 0, reason: 'not above 1' }),
    ]),
  )
  const changes = said(fold)
  expect(changes.map(({ event, alert }) => [event, alert.state, alert.verdict, alert.value])).toEqual([
    ['updated', 'pending', 'pending', 2],
    ['fired', 'firing', 'firing', 2],
    ['updated', 'firing', 'firing', 9],
    ['updated', 'firing', 'unknown', 9],
    ['resolved', 'resolved', 'ok', 0],
  ])
  expect(new Set(changes.map(({ alert }) => alert.id)).size).toBe(1)
  expect(changes[3]!.alert.sentence).toBe('A: m is 2.')
  expect(changes.at(-1)!.alert).toMatchObject({ since: T, firedAt: T + 1, resolvedAt: T + 4 })
})

test('what never fired leaves no history, and ok or unknown of nothing is nothing', () => {
  const fold = fresh()
  fold.step(entry([row({ verdict: 'ok' }), row({ verdict: 'unknown' })]))
  expect(fold.take().live).toEqual([])
  fold.step(entry([row({ verdict: 'pending' }), row({ verdict: 'ok' })]))
  const { live, viewGone } = fold.take()
  const alerts = live.map((json) => JSON.parse(json) as { event: string; alert: Alert })
  expect(alerts.map(({ event }) => event)).toEqual(['updated', 'updated'])
  expect(viewGone).toEqual([alerts[0]!.alert.id])
})

test('the id names rule, group and start, not the machine, the batch or the moment', () => {
  const idOf = (one: AlertRow): string => {
    const fold = fresh()
    fold.step(entry([one], Math.floor(Math.random() * 9)))
    return said(fold)[0]!.alert.id
  }
  const id = idOf(row())
  expect(id).toBe('2421ea47cfa126dd')
  expect(idOf(row({ at: T + 5, value: 99, sentence: 'x' }))).toBe(id)
  const others = [row({ rule: 'other' }), row({ group: { k: 'b' } }), row({ since: T + 1 })].map(idOf)
  expect(new Set([id, ...others]).size).toBe(4)
})

test('a resent batch changes nothing; a partly new one only its new rows', () => {
  const fold = fresh()
  fold.step(entry([row(), row({ verdict: 'ok' })], 0))
  fold.take()
  fold.step(entry([row(), row({ verdict: 'ok' })], 0))
  expect(fold.take().live).toEqual([])
  fold.step(entry([row({ verdict: 'ok' }), row({ since: T + 9 })], 1))
  expect(said(fold).map(({ event }) => event)).toEqual(['fired'])
  expect(fold.small()).toMatchObject({ counted: 3, duplicate: 3, missing: 0 })
})

const VERDICTS = ['pending', 'firing', 'unknown', 'ok'] as const
const someRows = fc.array(
  fc.record({
    verdict: fc.constantFrom(...VERDICTS),
    k: fc.constantFrom('a', 'b', 'c'),
    at: fc.nat({ max: 99 }),
  }),
  { minLength: 1, maxLength: 60 },
)

test('a restart anywhere changes nothing that is said, shown or committed', () => {
  fc.assert(
    fc.property(someRows, fc.nat(), (rows, cut) => {
      const entries = rows.map(({ verdict, k, at }, i) =>
        entry([row({ verdict, group: { k }, at: T + at, since: T + at })], i),
      )
      const whole = fresh()
      let restarted = fresh()
      for (const [i, one] of entries.entries()) {
        whole.step(one)
        restarted.step(one)
        expect(restarted.take()).toEqual(whole.take())
        if (i !== cut % entries.length) continue
        const { changed } = restarted.snapshot()
        restarted = fresh()
        restarted.restore(changed)
      }
      expect(restarted.small()).toEqual(whole.small())
      expect(restarted.snapshot()).toEqual(whole.snapshot())
    }),
    { numRuns: 60 },
  )
})

test('what is fired is resolved by ok alone, and the notifier hears each once (I11)', () => {
  fc.assert(
    fc.property(someRows, (rows) => {
      const fold = fresh()
      const firing = new Set<string>()
      for (const { verdict, k } of rows) {
        // A rule never goes from firing back to pending without an ok between.
        if (verdict === 'pending' && firing.has(k)) continue
        fold.step(entry([row({ verdict, group: { k } })]))
        const events = said(fold).map(({ event }) => event)
        if (verdict === 'firing') expect(events).toEqual([firing.has(k) ? 'updated' : 'fired'])
        else if (verdict === 'ok' && firing.has(k)) expect(events).toEqual(['resolved'])
        else expect(events.every((event) => event === 'updated')).toBe(true)
        if (verdict === 'firing') firing.add(k)
        if (verdict === 'ok') firing.delete(k)
      }
    }),
    { numRuns: 100 },
  )
})

test('resolved alerts are bounded, and readers are told which one to forget', () => {
  const fold = fresh()
  const ids: string[] = []
  const gone: string[] = []
  for (let i = 0; i < MAX_RESOLVED + 10; i++) {
    fold.step(entry([row({ since: T + i }), row({ since: T + i, verdict: 'ok' })]))
    const out = fold.take()
    const changes = out.live.map((json) => JSON.parse(json) as { alert: Alert; gone?: string })
    ids.push(changes[0]!.alert.id)
    expect(changes.flatMap((change) => change.gone ?? [])).toEqual(out.viewGone)
    gone.push(...out.viewGone)
  }
  expect(gone).toEqual(ids.slice(0, 10))
  expect(fold.snapshot().changed.get('alerts')!.length).toBeLessThan(MAX_RESOLVED * 1000)
})

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))

test.each([
  ['null', null],
  ['a number', 5],
  ['no group', { ...row(), group: null }],
  ['a group of objects', { ...row(), group: { k: { toString: null } } }],
  ['another verdict', { ...row(), verdict: 'bad' }],
  ['no window', { ...row(), window: undefined }],
  ['a time that is none', { ...row(), at: '5' }],
  ['samples that are none', { ...row(), evidence: { samples: 'x' } }],
  [
    'samples nested beyond the stack',
    { ...row(), evidence: { ...row().evidence, samples: [nested(100_000)] } },
  ],
  ['a sentence without end', { ...row(), sentence: 'x'.repeat(10_000) }],
])('a row that is no verdict (%s) is dead, and the next one lives', (_, hostile) => {
  const fold = fresh()
  fold.step(entry([hostile, row()]))
  const out = fold.take()
  expect(out.live).toHaveLength(1)
  expect(out.dead).toMatchObject([{ row: 0, reason: 'not a verdict' }])
  expect(fold.small()).toMatchObject({ counted: 1, dead: 1 })
  fold.snapshot()
})

test('what is no batch, or of a producer too many, is dead and counted', () => {
  const fold = fresh()
  fold.step({ kind: 'flat', id: `${T}-0`, ms: T, fields: Texts.of(['k', 'a']) })
  fold.step({ kind: 'broken', id: `${T}-1`, ms: T, reason: 'x', raw: '' })
  for (let i = 0; i <= MAX_PRODUCERS; i++)
    fold.step({ ...entry([row({ verdict: 'ok' })], 0), from: `p${i}` } as Entry)
  expect(fold.small()).toMatchObject({ dead: 3, counted: MAX_PRODUCERS })
})

test('text of a site stays what it is: data between quotes', () => {
  const sentence = `<script>alert(1)</script> "quoted" \u2028 </b> {value} $& \u0000`
  const fold = fresh()
  fold.step(entry([row({ sentence, cause: sentence })]))
  const { view, live } = fold.take()
  for (const json of [...view.values(), live[0]!]) expect(json).not.toContain('\u0000')
  expect((JSON.parse([...view.values()][0]!) as Alert).sentence).toBe(sentence)
})
