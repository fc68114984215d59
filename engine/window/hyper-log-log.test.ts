import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { estimate, rankOf, registerOf, REGISTERS } from './hyper-log-log.ts'
import { EXACT, HyperLogLogArena } from './hyper-log-log-arena.ts'
import { type Hash64, hashValue } from './hyper-log-log-hash.ts'

const STANDARD_ERROR = 1.04 / Math.sqrt(REGISTERS)

function hashOf(value: string | number | boolean): Hash64 {
  const hash = { high: 0, low: 0 }
  hashValue(value, hash)
  return hash
}

function addAll(arena: HyperLogLogArena, group: number, values: Iterable<string | number | boolean>): void {
  for (const value of values) {
    const { high, low } = hashOf(value)
    arena.add(group, high, low)
  }
}

const counted = (values: Iterable<string | number | boolean>): HyperLogLogArena => {
  const arena = new HyperLogLogArena()
  addAll(arena, 0, values)
  return arena
}
const saved = (arena: HyperLogLogArena, group = 0): number[] => [...arena.save(group)]

describe('hash', () => {
  /** Of the bytes 0, 1, 2, … n - 1 under the key 0 … 7, in the order of their bytes, for n = 0, 2, 4, …: published with HalfSipHash. */
  test.each([
    [0, '218d1f59b9b83cc8'],
    [2, '064f39ef7c50eb57'],
    [4, 'd5e78a175be52ea1'],
    [6, 'ce3e91358aa2bc25'],
    [8, 'edfee820bce4858c'],
    [10, '95b0469f06a6f2ee'],
    [12, '7bc71f9faef5c799'],
    [14, '3bb1a870eae8e658'],
    [16, '7336aad25f7bf3b5'],
    [18, 'c9b2db2b9a3e42f9'],
  ])('is HalfSipHash-2-4: %i bytes', (n, expected) => {
    const text = Buffer.from(Array.from({ length: n }, (_, i) => i)).toString('utf16le')
    const { high, low } = hashOf(text)
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32LE(low, 0)
    bytes.writeUInt32LE(high, 4)
    expect(bytes.toString('hex')).toBe(expected)
  })

  test('is pinned for texts, numbers and truth values: snapshots hold it', () => {
    const hex = (value: string | number | boolean): string => {
      const { high, low } = hashOf(value)
      return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
    }
    expect(['ann', 'ü€😀', 'x'.repeat(300), 0, 1, -1.5, 1e300, true].map(hex)).toMatchInlineSnapshot(`
      [
        "20e10f740c766515",
        "abacc6b27695711e",
        "64b88468b6b83ff5",
        "c656a9e7e1d18bc7",
        "dfc32d7799e6faeb",
        "fd5f757b2dd32198",
        "bf98c71d6d5ded9a",
        "dfc32d7799e6faeb",
      ]
    `)
    expect(hex(-0)).toBe(hex(0))
    expect(hex(true)).toBe(hex(1))
  })
})

test('rank and register cut the hash without overlap', () => {
  expect([registerOf(0xffffffff), registerOf(0x00200000), registerOf(0x001fffff)]).toEqual([2047, 1, 0])
  expect([rankOf(0x00100000, 0), rankOf(1, 0), rankOf(0, 0x80000000), rankOf(0, 1), rankOf(0, 0)]).toEqual([
    1, 21, 22, 53, 54,
  ])
})

test('registers at either end: none seen, all full', () => {
  expect(estimate(new Uint8Array(REGISTERS), 0)).toBe(0)
  expect(estimate(new Uint8Array(REGISTERS).fill(54), 0)).toBe(Infinity)
  expect(estimate(new Uint8Array(REGISTERS).fill(53), 0)).toBeGreaterThan(1e18)
})

test('up to 128 values are counted exactly, however often each comes', () => {
  const value = fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.integer())
  fc.assert(
    fc.property(fc.array(value, { maxLength: EXACT }), fc.nat({ max: 3 }), (values, again) => {
      const texts = values.map((one) => (typeof one === 'string' ? `s${one}` : `n${one + 0}`))
      const arena = counted(texts)
      for (let i = 0; i < again; i++) addAll(arena, 0, texts)
      expect(arena.count(0)).toBe(new Set(texts).size)
    }),
    { numRuns: 60 },
  )
})

test.each([
  [10, 100],
  [100, 100],
  [129, 100],
  [1000, 60],
  [100_000, 12],
  [1_000_000, 2],
])('%i values are counted within the error that is promised', (n, seeds) => {
  const errors = Array.from({ length: seeds }, (_, seed) => {
    const arena = new HyperLogLogArena()
    for (let i = 0; i < n; i++) addAll(arena, 0, [`${seed}:${i}`])
    return arena.count(0) / n - 1
  })
  const rms = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / seeds)
  if (n <= EXACT) expect(rms).toBe(0)
  // Four standard errors of what is measured: one run of the test in ten thousand would fail, and there is one.
  expect(rms).toBeLessThan(STANDARD_ERROR * (1 + 4 / Math.sqrt(2 * seeds)))
  expect(Math.max(...errors.map(Math.abs))).toBeLessThan(5 * STANDARD_ERROR)
})

test('estimates have no bias worth the name, at the switch to registers and beyond', () => {
  for (const n of [150, 3000, 8000]) {
    let sum = 0
    for (let seed = 0; seed < 60; seed++)
      sum += counted(Array.from({ length: n }, (_, i) => seed * 1e6 + i)).count(0)
    expect(Math.abs(sum / 60 / n - 1), String(n)).toBeLessThan((4 * STANDARD_ERROR) / Math.sqrt(60))
  }
})

/** Sets around every size at which the form of what is kept changes. */
const someValues = fc
  .tuple(fc.nat({ max: 400 }), fc.constantFrom(0, 1, 3, 4, 5, 60, 127, 128, 129, 200, 1500))
  .map(([from, n]) => Array.from({ length: n }, (_, i) => from + i))

test('merging is the union, in whatever tree and order, bit for bit', () => {
  fc.assert(
    fc.property(
      fc.array(someValues, { minLength: 1, maxLength: 5 }),
      fc.infiniteStream(fc.nat()),
      (sets, random) => {
        const draw = (below: number): number => random.next().value! % below
        const whole = counted(new Set(sets.flat()))
        let parts = sets.map((set) => counted(set.toSorted(() => draw(3) - 1)))
        while (parts.length > 1) {
          const [a] = parts.splice(draw(parts.length), 1)
          const [b] = parts.splice(draw(parts.length), 1)
          a!.merge(0, b!, 0)
          parts = [...parts, a!]
        }
        expect(saved(parts[0]!)).toEqual(saved(whole))
        expect(parts[0]!.count(0)).toBe(whole.count(0))
      },
    ),
    { numRuns: 60 },
  )
})

test('an arena of many groups equals a set per group through adding, merging, resetting and saving', () => {
  const action = fc.record({
    what: fc.constantFrom('add', 'add', 'add', 'merge', 'reset', 'save' as const),
    group: fc.constantFrom(0, 1, 63, 64, 5000),
    from: fc.constantFrom(0, 1, 63),
    values: someValues,
  })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 25 }), (actions) => {
      let arena = new HyperLogLogArena()
      const sets = new Map<number, Set<number>>()
      for (const { what, group, from, values } of actions) {
        const set = sets.get(group) ?? new Set()
        sets.set(group, set)
        if (what === 'add') {
          addAll(arena, group, values)
          for (const value of values) set.add(value)
        } else if (what === 'merge') {
          const other = new HyperLogLogArena()
          addAll(other, from, values)
          arena.merge(group, other, from)
          for (const value of values) set.add(value)
        } else if (what === 'reset') {
          arena.reset(group)
          set.clear()
        } else {
          const back = new HyperLogLogArena()
          for (const each of sets.keys()) back.restore(each, saved(arena, each))
          arena = back
        }
      }
      for (const [group, set] of sets) expect(saved(arena, group)).toEqual(saved(counted(set)))
      expect(arena.count(7)).toBe(0)
    }),
    { numRuns: 60 },
  )
})

test('what is reset is used again: the arena does not grow with time', () => {
  const arena = new HyperLogLogArena()
  const values = Array.from({ length: 300 }, (_, i) => i)
  const size = (): number => arena.save(0).buffer.byteLength
  addAll(arena, 0, values)
  const before = size()
  for (let round = 0; round < 50; round++) {
    arena.reset(0)
    addAll(arena, 0, values)
  }
  expect(size()).toBe(before)
})

test('saved words that cannot be are refused', () => {
  for (const broken of [[1], [2, 1, 1], [129, ...Array<number>(258).fill(1)], [0xffffffff, 1], []])
    expect(() => new HyperLogLogArena().restore(0, broken)).toThrow(RangeError)
})
