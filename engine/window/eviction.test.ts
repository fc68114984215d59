/** The groups of a metric over days, at their limit, against an oracle that follows the rules of the directory. */
import { finish } from '../work.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testConfig } from '../fold.fixture.ts'
import { groupKey, OTHER } from './group-key.ts'
import { MetricState } from './metric-state.ts'
import { decodePane, encodePane } from './pane-codec.ts'
import { COUNT } from './shape.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 5)
const LIMIT = 4
/** Longest that a window of the fixture's metric reads back. */
const KEPT = HOUR + 60_000
const [metric] = testConfig('live').metrics
const OTHER_KEY = groupKey([OTHER])

const fresh = (): MetricState => new MetricState(metric!, [], LIMIT)

/** As a worker that restarted has it: out of what a snapshot holds. */
function restarted(state: MetricState): MetricState {
  const copy = fresh()
  copy.groups.restore([...state.groups.keys], state.groups.overflow)
  copy.newestAt = state.newestAt
  for (const [i, column] of state.columns.entries())
    for (const id of state.groups.keys.keys()) copy.columns[i]!.set(id, column.get(id))
  copy.ladder.restoreFrontier(state.ladder.frontier())
  for (const [rung, panes] of state.ladder.panes.entries()) {
    for (const pane of [...panes.values()].toSorted((a, b) => a.number - b.number))
      copy.ladder.restorePane(rung, decodePane(encodePane(pane, state.shape), state.shape, copy.ladder))
  }
  return copy
}

/** What must be: a name has the lowest free id from its first event until it may be forgotten. */
class Oracle {
  readonly keys: (string | null)[] = []
  readonly lastAt = new Map<string, number>()
  overflow = 0

  /** Key that an event of `name` is counted under. */
  see(name: string, at: number): string {
    let key = groupKey([name])
    const used = this.keys.filter((one) => one !== null).length
    if (!this.keys.includes(key) && used >= LIMIT && key !== OTHER_KEY) {
      key = OTHER_KEY
      this.overflow++
    }
    if (!this.keys.includes(key)) {
      const free = this.keys.indexOf(null)
      this.keys[free === -1 ? this.keys.length : free] = key
    }
    this.lastAt.set(key, at)
    return key
  }

  forget(key: string, now: number): void {
    expect(now - this.lastAt.get(key)!, `${key} is still read`).toBeGreaterThan(KEPT)
    this.keys[this.keys.indexOf(key)] = null
  }

  /** After an hour's eviction nothing is left whose day was over. */
  checkLeft(now: number): void {
    for (const key of this.keys)
      if (key !== null)
        expect(now - this.lastAt.get(key)!, `${key} is kept for nothing`).toBeLessThan(2 * DAY)
  }
}

const steps = fc.array(
  fc.record({
    name: fc.constantFrom(...'abcdefgh', OTHER),
    wait: fc.oneof(
      { weight: 8, arbitrary: fc.nat({ max: 20 * 60_000 }) },
      { weight: 2, arbitrary: fc.nat({ max: 12 * HOUR }) },
      { weight: 1, arbitrary: fc.nat({ max: 4 * DAY }) },
    ),
    restart: fc.nat({ max: 9 }).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 60 },
)

test('ids are the lowest free ones, only what nothing reads is forgotten, the rest is counted under __other__', () => {
  fc.assert(
    fc.property(steps, (list) => {
      let state = fresh()
      const oracle = new Oracle()
      const counts = new Map<string, number>()
      let now = START
      for (const { name, wait, restart } of list) {
        if (restart) state = restarted(state)
        const before = now
        now += wait
        finish(state.turning(now, now - 60_000, () => undefined))
        const hour = Math.floor(now / HOUR) * HOUR
        if (hour > before) {
          state.evict(
            () => false,
            (_id, key) => oracle.forget(key, now),
          )
          oracle.checkLeft(now)
        }
        const at = now
        state.addRows({ k: [name], v: [1] }, Int32Array.of(0), Float64Array.of(at), 0, 1, now, 0)
        const pane = `${Math.floor(at / 10_000)} ${oracle.see(name, at)}`
        counts.set(pane, (counts.get(pane) ?? 0) + 1)
        expect(state.groups.keys).toEqual(oracle.keys)
        expect(state.groups.overflow).toBe(oracle.overflow)
        // No pane holds what another group left behind.
        for (const open of state.ladder.panes[0]!.values()) {
          for (let i = 0; i < open.touched.size; i++) {
            const id = open.touched.at(i)
            expect(open.get(id, COUNT)).toBe(counts.get(`${open.number} ${state.groups.keys[id]}`))
          }
        }
      }
    }),
    { numRuns: 150 },
  )
})
