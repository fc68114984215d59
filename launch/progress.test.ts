/** Progress lines: numbered, with the seconds of their own step. */
import { expect, test } from 'vitest'
import { progress } from './progress.ts'

test('each line has its number and the seconds since the one before', () => {
  let now = 1000
  let out = ''
  const steps = progress(
    5,
    2,
    (text) => (out += text),
    () => now,
  )
  now += 340
  steps.done('Redis 7.0.15 on 127.0.0.1:41233')
  steps.begin('25 hours of history')
  now += 12_000
  steps.done('81,000 events')
  expect(out).toBe(
    '2/5 Redis 7.0.15 on 127.0.0.1:41233 (0.3 s)\n3/5 25 hours of history … 81,000 events (12.0 s)\n',
  )
})

test('what interrupts a line starts on its own', () => {
  let out = ''
  const steps = progress(
    5,
    4,
    (text) => (out += text),
    () => 0,
  )
  steps.begin('history')
  steps.interrupt()
  steps.interrupt()
  expect(out).toBe('4/5 history … \n')
})
