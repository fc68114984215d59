/** A seed always deals the same, to everybody, and every seed deals everything. */
import { describe, expect, test } from 'vitest'
import { accountAt } from './account.ts'
import { answers } from './answers.ts'
import { BANKS } from './bank/index.ts'
import { dealt, FAULTS, faultOf } from './deal.ts'
import { play } from './play.ts'
import { drawing } from './random.ts'

const SEEDS = Array.from({ length: 50 }, (_, i) => i)

describe('a deal', () => {
  test('is the same for the same seed', () => {
    for (const seed of SEEDS) {
      expect(play(dealt(seed))).toBe(play(dealt(seed)))
      expect(answers(seed)).toEqual(answers(seed))
    }
  })

  test('strikes six different banks, each with another fault, and leaves two alone', () => {
    for (const seed of SEEDS) {
      const { plights, fine } = dealt(seed)
      expect(plights.map(({ fault }) => fault)).toEqual([...FAULTS])
      expect(new Set([...plights.map(({ bank }) => bank), ...fine])).toEqual(new Set(Object.keys(BANKS)))
      expect(fine).toHaveLength(2)
    }
  })

  test('gives every fault to every bank, in some seed', () => {
    const given = new Set(SEEDS.flatMap((seed) => dealt(seed).plights.map((p) => `${p.fault} ${p.bank}`)))
    expect(given.size).toBe(FAULTS.length * Object.keys(BANKS).length)
  })

  test('renames to a name that the page did not have', () => {
    for (const seed of SEEDS) {
      const { plights, renamedTo } = dealt(seed)
      const bank = BANKS[plights[0]!.bank]!
      expect(bank.renamed).toContain(renamedTo)
      expect(bank.renamed).not.toContain(bank.name)
    }
  })

  test('strikes nobody before its time, but an empty account was always empty', () => {
    for (const { bank, fault, after } of dealt(7).plights) {
      const before = faultOf(dealt(7), bank, after - 1)
      expect(before).toBe(fault === 'empty' ? 'empty' : null)
      expect(faultOf(dealt(7), bank, after)).toBe(fault)
      expect(faultOf(dealt(7), bank, -Infinity)).toBe(fault === 'empty' ? 'empty' : null)
    }
  })

  test('is over within a minute, or as the pace says', () => {
    for (const seed of SEEDS) {
      const quick = dealt(seed, 0.25)
      for (const [i, { after }] of dealt(seed).plights.entries()) {
        expect(after).toBeLessThanOrEqual(40_000)
        expect(quick.plights[i]!.after).toBeCloseTo(after / 4, -1)
      }
    }
  })
})

test('the answer sheet has an alert per fault, one more for the field that is lost, and none for the empty account', () => {
  for (const seed of SEEDS) {
    const sheet = answers(seed)
    expect(sheet.map(({ rule }) => rule).toSorted()).toEqual([
      'blocked',
      'changed',
      'down',
      'fields-lost',
      'slow',
      'surge',
      'throttled',
    ])
    const empty = dealt(seed).plights.find(({ fault }) => fault === 'empty')!.bank
    expect(sheet.some(({ group }) => group.scraper === empty)).toBe(false)
    expect(sheet.find(({ rule }) => rule === 'changed')).toMatchObject({
      outcome: 'layout_changed',
      field: 'balance',
    })
  }
})

test('balance and transactions of an account add up at any time', () => {
  const draw = drawing(5)
  for (const bank of Object.keys(BANKS)) {
    const before = accountAt(draw, bank, 1_700_000_000_000, false)
    const [newest] = accountAt(draw, bank, 1_700_000_000_000, false).transactions
    const earlier = accountAt(draw, bank, newest!.at - 1, false)
    expect(earlier.balance + newest!.cents).toBe(before.balance)
    expect(accountAt(draw, bank, 1_700_000_000_000, true).transactions).toEqual([])
  }
})
