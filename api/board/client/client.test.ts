/** The pure parts of the page. */
import { expect, test } from 'vitest'
import { age } from './age.ts'
import { serverClock } from './clock.ts'
import { wait } from './link.ts'
import { HEIGHT, paths, WIDTH } from './path.ts'

test.for([
  [-5000, '1 s'],
  [0, '1 s'],
  [14_999, '14 s'],
  [89_999, '89 s'],
  [90_000, '1 min'],
  [240_000, '4 min'],
  [3_900_000, '65 min'],
  [5_400_000, '1 h'],
  [35 * 3_600_000, '35 h'],
  [50 * 3_600_000, '2 d'],
  [Number.NaN, '1 s'],
] as const)('%s ms is %s', ([ms, words]) => {
  expect(age(ms)).toBe(words)
})

test('ages follow the clock of the server, not of the screen', () => {
  let ticks = 0
  const clock = serverClock(() => ticks, 5)
  expect(clock.now()).toBe(5)
  clock.set(1_000_000)
  ticks += 250
  expect(clock.now()).toBe(1_000_250)
})

test('waits grow, are bounded, and differ between screens', () => {
  expect(wait(0, 0.5)).toBe(400)
  expect(wait(1, 0.5)).toBe(800)
  for (const attempt of [5, 50, 5000]) expect(wait(attempt, 0.999)).toBeLessThan(6001)
  expect(wait(3, 0)).toBeLessThan(wait(3, 0.9))
})

const HOUR = 3_600_000
test('a line breaks at gaps and shows a lone point', () => {
  const drawn = paths(
    [
      [-3 * HOUR, 1],
      [-2 * HOUR, 2],
      [-HOUR, null],
      [0, 3],
    ],
    2,
    0,
  )
  expect(drawn.line.match(/M/g)).toHaveLength(2)
  expect(drawn.line).toMatch(/h0$/)
  expect(drawn.last).toEqual({ x: WIDTH, y: 0.1 * HEIGHT })
})

test('the target is in sight, and nothing leaves the box', () => {
  for (const target of [-5, 0, 0.5, 900]) {
    const drawn = paths(
      [
        [-30 * HOUR, 0.4],
        [0, 0.6],
      ],
      target,
      0,
    )
    expect(drawn.target).toBeGreaterThanOrEqual(0)
    expect(drawn.target).toBeLessThanOrEqual(HEIGHT)
    expect(drawn.line).not.toMatch(/NaN|-/)
  }
})

test('nothing known draws nothing', () => {
  expect(paths([], 1, 0)).toEqual({ line: '', area: '', target: 50, last: null })
  expect(paths([[0, null]], 0, 0).last).toBeNull()
})
