import fc from 'fast-check'
import { expect, it } from 'vitest'
import { noOutputs, type Outputs } from '../commit/folding.ts'
import { Chain } from '../commit/chain.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import type { Entry } from '../event/entry.ts'
import { PartitionFold } from '../fold.ts'
import { START, testConfig } from '../fold.fixture.ts'
import { addTotals, noTotals, type Totals, unpackTotals } from './account.ts'
import { Accounting, OTHER } from './accounting.ts'
import type { AccountingEvent } from './event.ts'
import { Texts } from '../event/texts.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const FATES = ['counted', 'late', 'dead'] as const
type Fate = (typeof FATES)[number]

function watchedConfig(): CompiledConfig {
  const config = testConfig('live')
  const [stream] = config.streams
  return {
    ...config,
    streams: [
      { ...stream!, lateness: HOUR },
      { ...stream!, name: 'accounting' },
    ],
  }
}

const fresh = (config = watchedConfig()): PartitionFold => new PartitionFold('s', 0, '1-0', () => config)

/** One thing that happens, `wait` ms after the one before. */
interface Move {
  wait: number
  who: number
  what: 'send' | 'lose' | 'resend' | 'beat' | 'flat'
  rows: Fate[]
  reject: boolean
  which: number
}

const moves = fc.array(
  fc.record({
    wait: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 50_000 })),
    who: fc.nat({ max: 2 }),
    what: fc.constantFrom<Move['what']>('send', 'send', 'send', 'lose', 'resend', 'beat', 'flat'),
    rows: fc.array(fc.constantFrom<Fate>('counted', 'counted', 'late', 'dead'), {
      minLength: 1,
      maxLength: 6,
    }),
    reject: fc.boolean(),
    which: fc.nat(),
  }),
  { minLength: 1, maxLength: 60 },
)

/** A producer as it is: what it numbered in which minute, what of it is in the log, and what it has said. */
class Source {
  readonly id: string
  readonly sent: { entry: Entry & { kind: 'batch' | 'reject' }; fates: Fate[] }[] = []
  readonly minutes = new Map<number, number>()
  next = 0
  constructor(id: string) {
    this.id = id
  }
}

/**
 * Plays moves into a log. `exact`: every producer tells the end of a minute before it writes anything of the next.
 * Beside the log, what has become of every row by the plain rule: look at each number by itself.
 */
function play(all: Move[], exact: boolean): { log: Entry[]; truth: Map<string, Totals> } {
  const log: Entry[] = []
  const truth = new Map<string, Totals>()
  const at = (minute: number, who: string): Totals => {
    const field = `${minute} ${who}`
    if (!truth.has(field)) truth.set(field, noTotals())
    return truth.get(field)!
  }
  const sources = [`a~${START}~x`, 'b', `c~${START}~y`].map((id) => new Source(id))
  const here = new Map(sources.map((source) => [source, new Set<number>()]))
  const told = new Map(sources.map((source) => [source, 0]))
  let ms = START
  const write = (entry: Entry): void => void log.push({ ...entry, ms, id: `${ms}-${log.length}` })
  const beat = (source: Source): void => {
    if (source.next === 0) return
    told.set(source, source.next)
    write({ kind: 'beat', id: '', ms, from: source.id, minutes: [...source.minutes] })
  }
  const put = (source: Source, { entry, fates }: Source['sent'][number]): void => {
    write(entry)
    for (const [i, fate] of fates.entries()) {
      const totals = at(entry.minute, source.id)
      const again = here.get(source)!.has(entry.seq + i)
      here.get(source)!.add(entry.seq + i)
      totals[again ? 'duplicate' : fate]++
    }
  }
  const flat = (fate: Fate): void => {
    const time = fate === 'counted' ? ms : fate === 'late' ? ms - 3 * HOUR : ms + HOUR
    const fields = ['at', String(time), 'k', 'a', 'v', '1', 'good', 'true']
    write({ kind: 'flat', id: '', ms, fields: Texts.of(fields) })
    at(ms - (ms % MINUTE), 'flat')[fate]++
  }
  flat('counted')
  for (const { wait, who, what, rows, reject, which } of all) {
    ms += wait
    const source = sources[who]!
    if (what === 'flat') flat(rows[0]!)
    else if (what === 'beat') beat(source)
    else if (what === 'resend') {
      const some = source.sent[which % Math.max(1, source.sent.length)]
      if (some) put(source, some)
    } else {
      const minute = ms - (ms % MINUTE)
      if (exact && source.next > 0 && !source.minutes.has(minute)) beat(source)
      const fates = reject ? rows.map(() => 'dead' as const) : rows
      const sent = { entry: entryOf(source, minute, ms, fates, reject), fates }
      source.sent.push(sent)
      source.next += rows.length
      source.minutes.set(minute, source.next)
      if (what === 'send') put(source, sent)
    }
  }
  for (const source of sources) {
    const seen = here.get(source)!
    const top = Math.max(-1, ...seen) + 1
    const known = Math.max(top, told.get(source)!)
    let from = 0
    for (const [minute, upTo] of source.minutes) {
      for (let number = from; number < Math.min(upTo, known); number++)
        if (!seen.has(number)) at(minute, source.id)[number < top ? 'missing' : 'inFlight']++
      from = upTo
    }
  }
  for (const totals of truth.values()) {
    const { produced, ...fates } = totals
    totals.produced = produced + Object.values(fates).reduce((sum, n) => sum + n, 0)
  }
  ms += 10 * MINUTE
  write({ kind: 'tick', id: '', ms })
  return { log, truth }
}

function entryOf(
  source: Source,
  minute: number,
  ms: number,
  fates: Fate[],
  reject: boolean,
): Entry & { kind: 'batch' | 'reject' } {
  const head = { id: '', ms, from: source.id, seq: source.next, n: fates.length, minute }
  if (reject)
    return { ...head, kind: 'reject', rows: fates.map(() => ({ reason: 'r', origin: '', raw: '' })) }
  return {
    ...head,
    kind: 'batch',
    schema: 'x',
    columns: {
      at: fates.map((fate) => (fate === 'counted' ? ms : fate === 'late' ? ms - 3 * HOUR : ms + 5 * HOUR)),
      k: fates.map(() => 'a'),
      v: fates.map(() => 1),
      good: fates.map(() => true),
    },
  }
}

/** What the accounts in Redis hold after all commits, as readers see them. */
function written(outputs: Outputs[]): Map<string, Totals> {
  const fields = new Map<string, Totals>()
  for (const { accounts, accountsGone } of outputs) {
    for (const field of accountsGone) fields.delete(field)
    for (const [field, json] of accounts) fields.set(field, unpackTotals(JSON.parse(json) as number[]))
  }
  return fields
}

function summed(events: AccountingEvent[]): Map<string, Totals> {
  const sums = new Map<string, Totals>()
  for (const event of events) {
    const field = `${event.minute} ${event.producer}`
    const sum = sums.get(field) ?? noTotals()
    addTotals(sum, event)
    sums.set(field, sum)
  }
  return sums
}

const sumOf = (all: Iterable<Totals>): Totals => {
  const sum = noTotals()
  for (const totals of all) addTotals(sum, totals)
  return sum
}

it('every account equals what looking at each row by itself gives, cut and restored anywhere', () => {
  fc.assert(
    fc.property(moves, fc.array(fc.nat(), { maxLength: 5 }), (all, cuts) => {
      const { log, truth } = play(all, true)
      const whole = fresh()
      for (const entry of log) whole.step(entry)
      const expected = whole.take()
      const at = new Set(cuts.map((cut) => cut % log.length))
      const outputs: Outputs[] = []
      const blocks = new Map<string, Buffer>()
      let fold = fresh()
      for (const [i, entry] of log.entries()) {
        fold.step(entry)
        if (!at.has(i)) continue
        outputs.push(fold.take())
        for (const [name, bytes] of fold.snapshot().changed) blocks.set(name, bytes)
        const restored = fresh()
        restored.restore(blocks)
        expect(restored.small()).toEqual(fold.small())
        fold = restored
      }
      outputs.push(fold.take())
      expect(Object.fromEntries(written(outputs))).toEqual(Object.fromEntries(truth))
      const events = outputs.flatMap(({ accounted }) => accounted)
      expect(events).toEqual(expected.accounted)
      expect(fold.small()).toEqual(whole.small())
      // What watchers add up is what readers see.
      expect(Object.fromEntries(summed(events))).toEqual(Object.fromEntries(truth))
      expect(fold.accounting.dueAt()).toBeNull()
    }),
    { numRuns: 80 },
  )
}, 120_000)

it('without beats in time, minutes may lie apart by the rows of a hole, and the accounting closes all the same', () => {
  fc.assert(
    fc.property(moves, (all) => {
      const { log, truth } = play(all, false)
      const fold = fresh()
      for (const entry of log) fold.step(entry)
      const accounts = written([fold.take()])
      expect(sumOf(accounts.values())).toEqual(sumOf(truth.values()))
      const { counted, duplicate, late, dead, forwarded, missing } = fold.small()
      expect(sumOf(accounts.values())).toMatchObject({ counted, duplicate, late, dead, forwarded, missing })
      for (const { produced, ...fates } of accounts.values()) {
        expect(produced).toBe(Object.values(fates).reduce((sum, n) => sum + n, 0))
        expect(Object.values(fates).every((n) => n >= 0)).toBe(true)
      }
    }),
    { numRuns: 80 },
  )
}, 120_000)

it('whatever numbers and minutes a client claims, no row is counted twice or lost from the sums', () => {
  const claim = fc.record({
    from: fc.constantFrom('p', 'flat', OTHER, 'q~1~x'),
    seq: fc.nat({ max: 30 }),
    n: fc.integer({ min: 1, max: 8 }),
    minute: fc.constantFrom(0, -5, START - 500 * MINUTE, START - MINUTE, START, START + MINUTE, 1e15, 61_001),
    beat: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 60 }), (claims) => {
      const fold = fresh()
      for (const [i, { from, seq, n, minute, beat }] of claims.entries()) {
        const head = { id: `${START + i}-0`, ms: START + i * 1000, from }
        const columns = {
          at: Array.from({ length: n }, () => START),
          k: Array.from({ length: n }, () => 'a'),
        }
        const more = { v: columns.at, good: columns.k.map(() => true) }
        fold.step(
          beat
            ? { ...head, kind: 'beat', minutes: [[Math.max(0, minute), seq]] }
            : { ...head, kind: 'batch', seq, n, minute, schema: 'x', columns: { ...columns, ...more } },
        )
      }
      const sum = sumOf(written([fold.take()]).values())
      const { counted, duplicate, late, dead, missing } = fold.small()
      expect(sum).toMatchObject({ counted, duplicate, late, dead, missing })
    }),
    { numRuns: 150 },
  )
})

/** The books alone, with small limits. */
function books(limits: { books: number; accounts: number }) {
  const sink = { streamName: 's', partition: 0, out: noOutputs(), chain: new Chain() }
  const accounting = new Accounting(sink, limits)
  const counts = { counted: 0, duplicate: 0, late: 0, dead: 0, forwarded: 0 }
  const send = (from: string, seq: number, n: number, last: number, ms: number): void => {
    const entry: Entry & { kind: 'batch' } = {
      kind: 'batch',
      id: '',
      ms,
      from,
      seq,
      n,
      minute: ms,
      schema: '',
      columns: {},
    }
    accounting.advance(ms)
    accounting.arrived(entry, { verdict: 'all' }, last)
    counts.counted += n
    accounting.settle(entry, counts)
  }
  const taken: Outputs[] = []
  const accounts = (): Map<string, Totals> => {
    accounting.flush()
    taken.push(sink.out)
    sink.out = noOutputs()
    return written(taken)
  }
  const told = (): AccountingEvent[] => [...taken, sink.out].flatMap(({ accounted }) => accounted)
  return { accounting, send, accounts, told }
}

it('beyond its limits the longest silent producers are summed, and told so that sums stay right', () => {
  const { accounting, send, accounts, told } = books({ books: 3, accounts: 100 })
  accounting.watch([{ name: 'accounting' }])
  for (let i = 0; i < 10; i++) send(`p${i}`, 5, 10, -1, START + i * 1000)
  const kept = accounts()
  expect(new Set([...kept.keys()].map((field) => field.split(' ')[1]))).toEqual(new Set([OTHER, 'p8', 'p9']))
  expect(kept.get(`${START} ${OTHER}`)).toMatchObject({ produced: 120, counted: 80, missing: 40 })
  send('p8', 15, 1, 14, START + 5 * MINUTE)
  expect(sumOf(summed(told()).values())).toMatchObject({ counted: 100, missing: 50 })
  // It comes back, where the partition still knows its numbers.
  send('p0', 15, 5, 14, START + 6 * MINUTE)
  expect(sumOf(accounts().values())).toMatchObject({ produced: 156, counted: 106, missing: 50, inFlight: 0 })
})

it('of one producer the newest 120 minutes are kept; a silent one is forgotten after a day', () => {
  const { send, accounts } = books({ books: 3, accounts: 1000 })
  for (let i = 0; i < 130; i++) send('p', i, 1, i - 1, START + i * MINUTE)
  expect(accounts().has(`${START + 9 * MINUTE} p`)).toBe(false)
  expect(accounts().has(`${START + 10 * MINUTE} p`)).toBe(true)
  expect(accounts().size).toBe(120)
  send('q', 0, 1, -1, START + 26 * HOUR + 10 * MINUTE)
  expect([...accounts().keys()]).toEqual([`${START + 26 * HOUR + 10 * MINUTE} q`])
})
