/** The schedule: a slow scraper delays nobody else and never overlaps itself; changes keep what did not change. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { check } from '../index.ts'
import { type Scheduled, createSchedule } from './schedule.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

const every = (name: string, interval: string): Scheduled => ({
  scraper: check(name, { url: 'https://a.example/', every: interval }),
  version: 'v1',
})

function scheduleOf(run: (scheduled: Scheduled) => Promise<void>) {
  return createSchedule({ now: Date.now, random: () => 0, run })
}

test('a slow scraper runs once at a time, and others on time', async () => {
  const starts: string[] = []
  let open = 0
  const schedule = scheduleOf(async ({ scraper }) => {
    starts.push(`${scraper.name}@${Date.now()}`)
    if (scraper.name !== 'slow') return
    open += 1
    expect(open).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    open -= 1
  })
  schedule.set([every('slow', '1s'), every('fast', '1s')])
  await vi.advanceTimersByTimeAsync(5500)
  expect(starts.filter((start) => start.startsWith('fast'))).toEqual(
    [0, 1, 2, 3, 4, 5].map((s) => `fast@${s * 1000}`),
  )
  expect(starts.filter((start) => start.startsWith('slow'))).toEqual(['slow@0', 'slow@3000'])
  expect(schedule.missed).toBe(4)
  void schedule.stop(0)
})

test('a run that throws does not end the schedule', async () => {
  let runs = 0
  const schedule = scheduleOf(() => {
    runs += 1
    return Promise.reject(new Error('broken promise'))
  })
  schedule.set([every('a', '1s')])
  await vi.advanceTimersByTimeAsync(3500)
  expect(runs).toBe(4)
  void schedule.stop(0)
})

test('a reload keeps turns of what did not change, drops what is gone, starts what is new', async () => {
  const starts: string[] = []
  const schedule = scheduleOf(async ({ scraper, version }) => {
    starts.push(`${scraper.name}/${version}@${Date.now()}`)
  })
  schedule.set([every('a', '10s'), every('b', '10s')])
  await vi.advanceTimersByTimeAsync(4000)
  schedule.set([{ ...every('a', '10s'), version: 'v2' }, every('c', '10s')])
  await vi.advanceTimersByTimeAsync(7000)
  expect(starts).toEqual(['a/v1@0', 'b/v1@0', 'c/v1@4000', 'a/v2@10000'])
  void schedule.stop(0)
})
