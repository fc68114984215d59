import { expect, test, vi } from 'vitest'
import { Seats } from './seats.ts'

const late = (): Error => new Error('busy')

/** Asks for a worker; `began` lists the sites in the order in which they got one. */
function world(workers: number) {
  const seats = new Seats(workers)
  const began: string[] = []
  const ask = (...sites: string[]): void => {
    for (const site of sites) void seats.take(site, 600_000, late).then(() => began.push(site))
  }
  return { seats, began, ask }
}
const settled = (): Promise<void> => new Promise((done) => setImmediate(done))

test('no site has all workers, and what waits for its own site only is told apart', async () => {
  const { seats, began, ask } = world(4)
  ask('slow', 'slow', 'slow', 'slow', 'slow')
  await settled()
  expect(began).toEqual(['slow', 'slow', 'slow'])
  expect(seats).toMatchObject({ busy: 3, waiting: 2, parked: 2 })
  ask('quick', 'other')
  await settled()
  expect(began.slice(3)).toEqual(['quick'])
  expect(seats).toMatchObject({ busy: 4, waiting: 3, parked: 2 })
  seats.giveBack('quick')
  await settled()
  expect(began.slice(4)).toEqual(['other'])
})

test('sites take turns, each in the order in which it asked', async () => {
  const { seats, began, ask } = world(1)
  ask('a', 'a', 'a', 'b', 'c', 'b')
  for (let i = 0; i < 5; i += 1) {
    await settled()
    seats.giveBack(began.at(-1)!)
  }
  await settled()
  expect(began).toEqual(['a', 'b', 'c', 'a', 'b', 'a'])
  seats.giveBack('a')
  expect(seats).toMatchObject({ busy: 0, waiting: 0, parked: 0 })
})

test('where there is one site it may have all workers', async () => {
  const { seats, began, ask } = world(2)
  seats.share(false)
  ask('only', 'only', 'only')
  await settled()
  expect(began).toEqual(['only', 'only'])
  // Nobody else would have a use for its place.
  expect(seats).toMatchObject({ waiting: 1, parked: 0 })
  seats.giveBack('only')
  await settled()
  expect(began).toHaveLength(3)
})

test('jobs of no site have all workers', async () => {
  const { seats, began, ask } = world(2)
  ask('', '', '')
  await settled()
  expect(began).toHaveLength(2)
  expect(seats).toMatchObject({ waiting: 1, parked: 0 })
})

test('a site that has one and wants another is not passed by all that come later', async () => {
  const { seats, began, ask } = world(2)
  ask('slow', 'a', 'slow')
  for (let i = 0; i < 4; i += 1) {
    ask(`late-${i}`)
    await settled()
    seats.giveBack(began.findLast((site) => site !== 'slow')!)
    await settled()
  }
  expect(began).toEqual(['slow', 'a', 'late-0', 'late-1', 'late-2', 'late-3'])
  seats.giveBack('slow')
  await settled()
  expect(began.at(-1)).toBe('slow')
  const busy = world(3)
  busy.ask('x', 'y', 'z', 'x', 'new-1', 'new-2')
  await settled()
  busy.seats.giveBack('y')
  await settled()
  expect(busy.began.at(-1)).toBe('x')
})

test('where another site comes or goes, what may begin begins', async () => {
  const { seats, began, ask } = world(3)
  ask('a', 'a', 'a')
  await settled()
  expect(began).toHaveLength(2)
  seats.share(false)
  await settled()
  expect(began).toHaveLength(3)
})

test('who has waited too long, or is refused, takes nothing', async () => {
  vi.useFakeTimers()
  const seats = new Seats(1)
  await seats.take('a', 10, late)
  const waits = seats.take('b', 10, late).catch(String)
  await vi.advanceTimersByTimeAsync(11)
  expect(await waits).toMatch('busy')
  const refused = seats.take('c', 10, late).catch(String)
  seats.refuseAll(() => new Error('closing'))
  expect(await refused).toMatch('closing')
  vi.useRealTimers()
  seats.giveBack('a')
  expect(seats).toMatchObject({ busy: 0, waiting: 0 })
})
