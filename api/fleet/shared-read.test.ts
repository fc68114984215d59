/** Who asks at about the same time gets the same answer; who has changed something, a new one. */
import { expect, test } from 'vitest'
import { emptySchedule } from '../app.fixture.ts'
import { sharedRead } from './shared-read.ts'
import { sharedSchedule } from './shared-schedule.ts'

test('a read serves all for a while, longer where it takes long; one that fails serves nobody later', async () => {
  let now = 0
  let reads = 0
  let takes = 0
  const shared = sharedRead(
    async () => {
      reads += 1
      await Promise.resolve()
      now += takes
      if (reads === 3) throw new Error('away')
      return reads
    },
    () => now,
    100,
  )
  expect(await Promise.all([shared.read(), shared.read()])).toEqual([1, 1])
  now = 99
  expect(await shared.read()).toBe(1)
  now = 100
  takes = 50
  expect(await shared.read()).toBe(2)
  now += 499
  expect(await shared.read()).toBe(2)
  now += 1
  await expect(shared.read()).rejects.toThrow('away')
  expect(await shared.read()).toBe(4)
  shared.forget()
  expect(await shared.read()).toBe(5)
})

test('all scrapers are read once for many, and again after a pause', async () => {
  const asked: (string | undefined)[] = []
  const schedule = sharedSchedule(
    { ...emptySchedule, scrapers: async (name) => (asked.push(name), []) },
    () => 0,
  )
  await Promise.all([schedule.scrapers(), schedule.scrapers(), schedule.scrapers('a')])
  expect(asked).toEqual([undefined, 'a'])
  await schedule.pause('a', 'ann')
  await schedule.scrapers()
  expect(asked).toEqual([undefined, 'a', undefined])
})
