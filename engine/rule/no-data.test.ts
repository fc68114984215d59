import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry } from '../event/entry.ts'
import { PartitionFold } from '../fold.ts'
import { entriesOf, START, testConfig } from '../fold.fixture.ts'
import { noData } from './rule.fixture.ts'

const S = 1000
const FOR = 60 * S
const DISORDER = 180 * S
const END = 1200 * S

/** Events with the delay at which each is logged: any, up to the disorder that the stream allows. */
const someEvents = fc.array(
  fc.record({ offset: fc.nat({ max: END }), delay: fc.nat({ max: DISORDER - 1 }) }),
  { minLength: 1, maxLength: 40 },
)

test('with more disorder than silence allowed, every silence is seen, by brute force', () => {
  fc.assert(
    fc.property(someEvents, (list) => {
      const config = testConfig('live', [noData({ for: FOR })])
      config.streams[0]!.disorder = DISORDER
      let fold = new PartitionFold('s', 0, '1-0', () => config)
      let seq = 0
      const first = Math.min(...list.map(({ offset, delay }) => offset + delay))
      for (let now = 0; now <= END + 2 * DISORDER; now += 10 * S) {
        for (const { offset } of list.filter(
          (e) => e.offset + e.delay >= now && e.offset + e.delay < now + 10 * S,
        )) {
          const at = START + offset
          const [entry] = entriesOf([{ at, k: 'a', v: 1, good: true }], 1, () => START + now)
          fold.step({ ...entry!, id: `${START + now}-${seq}`, seq: seq++ } as Entry)
        }
        fold.step({ kind: 'tick', id: `${START + now + 9 * S}-9`, ms: START + now + 9 * S })
        if (now === 600 * S) {
          const restored = new PartitionFold('s', 0, '1-0', () => config)
          restored.restore(fold.snapshot().changed)
          fold = restored
        }
        const look = Math.floor((START + now + 9 * S - DISORDER) / (10 * S)) * 10 * S
        const newest = Math.max(0, ...list.map(({ offset }) => START + offset).filter((at) => at <= look))
        // A group is given the whole allowance after its first event was logged.
        if (newest === 0 || look - FOR < START + first + 10 * S) continue
        const firing = [...fold.plan.rules[0]!.standings.values()].some(({ verdict }) => verdict === 'firing')
        if (look - newest >= FOR + 10 * S) expect(firing).toBe(true)
        if (look - newest < FOR) expect(firing).toBe(false)
      }
    }),
    { numRuns: 60 },
  )
})
