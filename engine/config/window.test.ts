import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RUNGS } from './compiled.ts'
import { parseDuration } from './duration.ts'
import { fitWindow, MAX_PANES, RUNG_MS } from './window.ts'

const fit = (text: string, slide?: string): unknown => {
  const found = fitWindow(text, parseDuration(text)!, slide === undefined ? undefined : parseDuration(slide)!)
  return found.ok ? [found.window.slide / 1000, found.window.rung] : found.todo
}

test.each([
  ['10s', [10, '10s']],
  ['1m', [10, '10s']],
  ['5m', [10, '10s']],
  ['10m', [10, '10s']],
  ['15m', [60, '1m']],
  ['1h', [60, '1m']],
  ['90m', [600, '10m']],
  ['6h', [600, '10m']],
  ['1d', [3600, '1h']],
  ['7d', [86400, '1d']],
  ['64d', [172800, '1d']],
  ['620s', [20, '10s']],
])('%s slides by itself', (text, expected) => expect(fit(text)).toEqual(expected))

test.each([
  ['45s', undefined, 'Use 40s or 50s.'],
  ['5s', undefined, 'Use 10s.'],
  ['670s', undefined, 'Use 11m or 12m.'],
  ['65d', undefined, 'Use 64d.'],
  ['1h', '10s', 'Use a slide of 1m, or leave it out.'],
  ['1m', '2m', 'Use a slide of at most 1m, such as 10s.'],
])('%s sliding by %s is refused with advice', (text, slide, advice) => expect(fit(text, slide)).toBe(advice))

const seconds = fc.integer({ min: 1, max: 70 * 86_400 }).map((n) => n * 1000)
const onLadder = fc
  .tuple(fc.constantFrom(...RUNGS), fc.integer({ min: 1, max: MAX_PANES }))
  .map(([rung, panes]) => RUNG_MS[rung] * panes)

test('a window that fits is whole panes of the coarsest rung that divides it', () => {
  const slides = fc.option(onLadder, { nil: undefined })
  fc.assert(
    fc.property(fc.oneof(seconds, onLadder), slides, (size, slide) => {
      const found = fitWindow('w', size, slide)
      if (!found.ok) return
      const { window } = found
      const divides = (pane: number): boolean => window.size % pane === 0 && window.slide % pane === 0
      const pane = RUNG_MS[window.rung]
      expect(divides(pane) && window.size / pane <= MAX_PANES).toBe(true)
      expect(RUNGS.filter((rung) => RUNG_MS[rung] > pane).some((rung) => divides(RUNG_MS[rung]))).toBe(false)
      expect(window.slide).toBeLessThanOrEqual(window.size)
      if (slide === undefined) expect(window.size / window.slide).toBeLessThanOrEqual(60)
      else expect(window.slide).toBe(slide)
    }),
  )
})

test('every size of at most 64 whole panes fits; for any other, the sizes advised do', () => {
  fc.assert(
    fc.property(onLadder, (size) => fitWindow('w', size).ok),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(seconds, (size) => {
      const found = fitWindow('w', size)
      const advised = found.ok ? [] : [...found.todo.matchAll(/\d+[smhd]/g)]
      for (const [text] of advised) expect(fitWindow(text, parseDuration(text)!).ok).toBe(true)
    }),
  )
})
