import { expect, test } from 'vitest'
import { createHeartbeat } from './heartbeat.ts'

/** What the next beat says, as told. */
function beat(of: ReturnType<typeof createHeartbeat>): unknown {
  const fields = of.due()
  of.told()
  return fields === null ? null : [fields[3], JSON.parse(fields[5]!)]
}

test('a beat tells every minute that is new or has grown, and is silent where nothing has', () => {
  const heartbeat = createHeartbeat()
  expect(heartbeat.due()).toBeNull()
  heartbeat.note('p', 60_000, 10)
  heartbeat.note('p', 60_000, 20)
  heartbeat.note('p', 120_000, 25)
  expect(heartbeat.begun).toBe(false)
  expect(beat(heartbeat)).toEqual([
    'p',
    [
      [60_000, 20],
      [120_000, 25],
    ],
  ])
  expect(heartbeat.begun).toBe(true)
  expect(heartbeat.due()).toBeNull()
  heartbeat.note('p', 120_000, 30)
  expect(beat(heartbeat)).toEqual(['p', [[120_000, 30]]])
})

test('what was numbered while a beat was under way comes with the next one, as does a beat that failed', () => {
  const heartbeat = createHeartbeat()
  heartbeat.note('p', 60_000, 10)
  heartbeat.due()
  heartbeat.note('p', 60_000, 15)
  heartbeat.note('p', 120_000, 16)
  heartbeat.told()
  const rest = [
    'p',
    [
      [60_000, 15],
      [120_000, 16],
    ],
  ]
  heartbeat.due()
  expect(beat(heartbeat)).toEqual(rest)
})

test('a clock that was set back does not part numbers from minutes; another id begins anew', () => {
  const heartbeat = createHeartbeat()
  heartbeat.note('p', 120_000, 10)
  heartbeat.note('p', 60_000, 20)
  expect(beat(heartbeat)).toEqual(['p', [[120_000, 20]]])
  heartbeat.due()
  heartbeat.note('q', 120_000, 20)
  heartbeat.told()
  expect(beat(heartbeat)).toEqual(['q', [[120_000, 20]]])
})

test('of many minutes that could not be told the newest are kept', () => {
  const heartbeat = createHeartbeat()
  for (let i = 1; i <= 200; i++) heartbeat.note('p', i * 60_000, i)
  const [, minutes] = beat(heartbeat) as [string, number[][]]
  expect(minutes).toHaveLength(120)
  expect(minutes.at(-1)).toEqual([200 * 60_000, 200])
})
