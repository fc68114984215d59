import fc from 'fast-check'
import { expect, test } from 'vitest'
import { finish } from '../work.ts'
import { encodeView, VIEW_BLOCK, type ViewBlock, type ViewHeader, type ViewSource } from './encode.ts'

function encode(source: Partial<ViewSource>): Map<string, string> {
  const fields = new Map<string, string>()
  const whole: ViewSource = {
    keys: [],
    stats: ['count'],
    value: (_, group) => group,
    baseline: null,
    ...source,
  }
  finish(encodeView('m/1m', 60_000, whole, (field, json) => fields.set(field, json)))
  return fields
}

test('every group is in exactly one block, with its own values, and free ids are in none', () => {
  const keysOf = fc
    .array(fc.boolean(), { maxLength: 3 * VIEW_BLOCK })
    .map((used) => used.map((is, id) => (is ? `["g${id}"]` : null)))
  fc.assert(
    fc.property(keysOf, (keys) => {
      const fields = encode({
        keys,
        stats: ['count', 'mean'],
        value: (stat, group) => (stat === 'mean' ? null : group),
      })
      const header = JSON.parse(fields.get('m/1m')!) as ViewHeader
      expect(header).toEqual({ asOf: 60_000, blocks: Math.ceil(keys.length / VIEW_BLOCK) })
      expect(fields.size).toBe(1 + header.blocks)
      const found: string[] = []
      for (let i = 0; i < header.blocks; i++) {
        const block = JSON.parse(fields.get(`m/1m/${i}`)!) as ViewBlock
        expect(block.mean!.every((value) => value === null)).toBe(true)
        for (const [k, key] of block.g.entries()) {
          found.push(key)
          expect(key).toBe(`["g${block.count![k]}"]`)
        }
      }
      expect(found).toEqual(keys.filter((key) => key !== null))
    }),
    { numRuns: 30 },
  )
})

test('a block stays in its field while others change: only what changed is written anew', () => {
  const keys = Array.from({ length: 2 * VIEW_BLOCK }, (_, id) => `["g${id}"]`)
  const before = encode({ keys })
  const after = encode({ keys, value: (_, group) => (group === VIEW_BLOCK ? -1 : group) })
  expect(after.get('m/1m/0')).toBe(before.get('m/1m/0'))
  expect(after.get('m/1m/1')).not.toBe(before.get('m/1m/1'))
})

test('baselines stand beside the values only where a spike watches', () => {
  expect(encode({ keys: ['["a"]'] }).get('m/1m/0')).toBe('{"g":["[\\"a\\"]"],"count":[0]}')
  const watched = encode({ keys: ['["a"]', null, '["b"]'], baseline: (group) => (group === 0 ? null : 2.5) })
  expect(JSON.parse(watched.get('m/1m/0')!)).toMatchObject({ baseline: [null, 2.5] })
})
