import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Judgement } from './judge.ts'
import { progress, REFRESH, type Standing } from './progress.ts'

const T = 10_000
const judged = (verdict: Judgement['verdict'], value: number | null = 1): Judgement => ({
  verdict,
  reason: 'because',
  value,
  normal: 0,
})

interface Look {
  verdict: Judgement['verdict']
  value: number
}

/** What was told over a run of looks, one every 10 s. */
function run(looks: Look[], hold: number): { standing: Standing | null; told: (string | null)[] } {
  let standing: Standing | null = null
  const told: (string | null)[] = []
  for (const [i, { verdict, value }] of looks.entries()) {
    const step = progress(standing, judged(verdict, verdict === 'unknown' ? null : value), i * T, hold)
    standing = step.standing
    told.push(step.tell ? (standing?.verdict ?? 'ok') : null)
  }
  return { standing, told }
}

const LETTERS = { o: 'ok', f: 'firing', u: 'unknown' } as const
const looksOf = (text: string): Look[] =>
  [...text].map((letter) => ({ verdict: LETTERS[letter as 'o'], value: 1 }))

test.each([
  ['ooo', 0, ['-', '-', '-']],
  ['ofo', 0, ['-', 'firing', 'ok']],
  ['fff', 2 * T, ['pending', '-', 'firing']],
  ['ffo', 3 * T, ['pending', '-', 'ok']],
  ['uuu', 0, ['-', '-', '-']],
  ['uo', 0, ['-', '-']],
  ['fuo', 0, ['firing', 'unknown', 'ok']],
  ['fuuf', 0, ['firing', 'unknown', '-', 'firing']],
  // What only began to hold and then could not be seen has to begin again.
  ['fuff', T, ['pending', 'unknown', 'pending', 'firing']],
  ['fuo', T, ['pending', 'unknown', 'ok']],
  ['uf', 0, ['-', 'firing']],
] as const)('looks %s with a hold of %s tell %j', (text, hold, expected) => {
  expect(run(looksOf(text), hold).told.map((one) => one ?? '-')).toEqual(expected)
})

const someLooks = fc.array(
  fc.record<Look>({
    verdict: fc.constantFrom('ok', 'firing', 'unknown'),
    value: fc.nat({ max: 2 }),
  }),
  { maxLength: 60 },
)
const someHold = fc.nat({ max: 5 }).map((n) => n * T)

test('unknown never resolves what has fired (I11), and it is remembered for as long as it takes', () => {
  fc.assert(
    fc.property(someLooks, fc.integer({ min: 1, max: 20 }), someHold, (looks, gap, hold) => {
      const fired = [...looks, ...Array.from({ length: hold / T + 1 }, () => looksOf('f')[0]!)]
      expect(run(fired, hold).standing).toMatchObject({ verdict: 'firing', fired: true })
      const { since } = run(fired, hold).standing!
      const after = run([...fired, ...looksOf('u'.repeat(gap))], hold)
      expect(after.standing).toMatchObject({ verdict: 'unknown', fired: true, since })
      expect(after.told.slice(fired.length)).not.toContain('ok')
    }),
    { numRuns: 100 },
  )
})

test('it fires only after the condition has held, seen at every look, for as long as asked', () => {
  fc.assert(
    fc.property(someLooks, someHold, (looks, hold) => {
      const { told } = run(looks, hold)
      for (const [i, what] of told.entries()) {
        if (what !== 'firing') continue
        const beganOrWasBroken = looks.slice(0, i + 1).findLastIndex((look) => look.verdict === 'ok') + 1
        const run = looks.slice(beganOrWasBroken, i + 1).map((look) => look.verdict)
        const longest = run
          .join(' ')
          .split('unknown')
          .map((part) => part.trim().split(' ').filter(Boolean).length)
        expect((Math.max(...longest) - 1) * T).toBeGreaterThanOrEqual(hold)
      }
    }),
    { numRuns: 150 },
  )
})

test('ok is told exactly where something was told before, and then nothing is remembered', () => {
  fc.assert(
    fc.property(someLooks, someHold, (looks, hold) => {
      let open = false
      for (const [i, what] of run(looks, hold).told.entries()) {
        if (looks[i]!.verdict === 'ok') {
          expect(what).toBe(open ? 'ok' : null)
          open = false
        } else if (what !== null) open = true
      }
    }),
    { numRuns: 100 },
  )
})

test('the value of an alert that stays is told again at most once a minute, and only when it changed', () => {
  const looks = Array.from({ length: 60 }, (_, i) => ({ verdict: 'firing' as const, value: i }))
  const told = run(looks, 0).told.flatMap((what, i) => (what === null ? [] : [i * T]))
  expect(told).toEqual(Array.from({ length: 10 }, (_, i) => i * REFRESH))
  const same = looks.map((look) => ({ ...look, value: 7 }))
  expect(run(same, 0).told.filter((what) => what !== null)).toEqual(['firing'])
})
