/** A short chaos run with real kills; `npm run chaos` is the long one. */
import { expect, test } from 'vitest'
import { chaos } from './chaos/run.ts'

test('nothing is lost, doubled or told twice while processes and Redis are killed', async () => {
  const said: string[] = []
  const say = (line: string): void => void said.push(line)
  const result = await chaos({ seed: 69, seconds: 20, rate: 250, gap: 900, whole: false, say })
  expect(result.differences, `seed 69, after ${said.join(', ')}`).toEqual([])
  expect(result).toMatchObject({ lost: 0, duplicated: 0, different: 0 })
  // Else the run has shown nothing.
  expect(result.events).toBeGreaterThan(12_000)
  expect(result.tally.kills).toBeGreaterThan(3)
  expect(result.tally.freezes).toBeGreaterThan(0)
  expect(result.tally.redisKills).toBeGreaterThan(0)
  expect(result.duplicates).toBeGreaterThan(0)
}, 240_000)
