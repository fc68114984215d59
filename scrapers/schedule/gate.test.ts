/** Politeness within one process: turns are booked, holds are honoured, other hosts never wait. */
import { expect, test } from 'vitest'
import { memoryGate } from './gate.ts'

const visit = { host: 'a.example', minDelay: 1000 }

test('turns of one host are one delay apart, other hosts go at once', async () => {
  const gate = memoryGate()
  expect(await gate.admit(visit, 0)).toEqual({ go: true, wait: 0 })
  expect(await gate.admit(visit, 0)).toEqual({ go: true, wait: 1000 })
  expect(await gate.admit(visit, 500)).toEqual({ go: true, wait: 1500 })
  expect(await gate.admit({ ...visit, host: 'b.example' }, 500)).toEqual({ go: true, wait: 0 })
  expect(await gate.admit(visit, 60_000)).toEqual({ go: true, wait: 0 })
})

test('between two scrapers of one host lies the longer of their delays, whoever comes first', async () => {
  for (const delays of [
    [0, 5000],
    [5000, 0],
  ]) {
    const gate = memoryGate()
    const waits = []
    for (const minDelay of delays) waits.push(await gate.admit({ host: 'a.example', minDelay }, 0))
    expect(waits).toEqual([
      { go: true, wait: 0 },
      { go: true, wait: 5000 },
    ])
  }
})

test('who waits for a turn hears of a hold that came meanwhile', async () => {
  const gate = memoryGate()
  await gate.admit(visit, 0)
  expect(await gate.admit(visit, 0)).toEqual({ go: true, wait: 1000 })
  expect(await gate.held('a.example', 1000)).toBeNull()
  await gate.report('a.example', 'rate_limited', 30_000, 500)
  expect(await gate.held('a.example', 1000)).toMatchObject({ go: false, reason: 'hold', until: 30_000 })
})

test('turns beyond a minute are refused instead of piling up', async () => {
  const gate = memoryGate()
  for (let i = 0; i < 61; i += 1) expect(await gate.admit(visit, 0)).toMatchObject({ go: true })
  expect(await gate.admit(visit, 0)).toMatchObject({ go: false, reason: 'no_permit' })
})

test('a host is left alone for as long as it asks, and no shorter answer changes that', async () => {
  const gate = memoryGate()
  await gate.report('a.example', 'rate_limited', 30_000, 0)
  await gate.report('a.example', 'rate_limited', 5000, 0)
  expect(await gate.admit(visit, 29_999)).toMatchObject({ go: false, reason: 'hold', until: 30_000 })
  expect(await gate.admit(visit, 30_000)).toMatchObject({ go: true })
})

test('throttling without a time holds for a minute, other outcomes do not hold', async () => {
  const gate = memoryGate()
  await gate.report('a.example', 'rate_limited', null, 0)
  await gate.report('b.example', 'site_down', null, 0)
  expect(await gate.admit(visit, 59_000)).toMatchObject({ go: false })
  expect(await gate.admit({ ...visit, host: 'b.example' }, 0)).toMatchObject({ go: true })
})
