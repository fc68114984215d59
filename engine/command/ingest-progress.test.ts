import { expect, test } from 'vitest'
import { createProgress, summary } from './ingest-progress.ts'

test('shows events, rate, share and dead, at most twice a second', () => {
  let now = 0
  const shown: string[] = []
  const progress = createProgress(
    (text) => shown.push(text.replace('\r\u001b[K', '')),
    () => now,
  )
  for (let i = 0; i < 1500; i++) progress.count(i, i === 7 ? 'bad' : null)
  progress.show(10, 100)
  now = 500
  progress.show(50, 100)
  now = 900
  progress.show(90, 100)
  progress.end(100, null)
  expect(shown).toEqual(['1,499 events, 3,000/s, 50%, 1 dead', '1,499 events, 1,667/s, 1 dead\n'])
})

test('where there is no terminal nothing is shown', () => {
  const progress = createProgress(null, () => 0)
  progress.show(1, 1)
  progress.end(1, 1)
})

test('at the end the first twenty dead lines are named', () => {
  const progress = createProgress(null, () => 0)
  progress.count(1, null)
  expect(summary(progress, 's')).toBe('sent 1 events to s: 0 dead\n')
  progress.count(2, 'why')
  expect(summary(progress, 's')).toBe('sent 1 events to s: 1 dead (line 2)\n  line 2: why\n')
  for (let line = 3; line < 100; line++) progress.count(line, 'why')
  const [first, ...rest] = summary(progress, 's').trimEnd().split('\n')
  expect(first).toMatch(/: 98 dead \(lines 2, 3, .*, 21, …\)$/)
  expect(rest).toHaveLength(20)
})
