/** Pages of blocks hold each once, whatever is asked for. */
import { expect, test } from 'vitest'
import type { Block } from './block.ts'
import { compareBlocks, type ListedBlock, pageOf } from './recent-blocks.ts'

const block = (at: number, site: string, exit: string, seq = 0): ListedBlock => {
  const about = { scraper: site, outcome: 'blocked', reason: '', detail: '', url: '' } as const
  return {
    id: `${at}-${seq}`,
    block: { ...about, site, exit, at, until: at + 1, strikes: 1 } satisfies Block,
  }
}
const ALL = [1, 2, 3, 3, 4]
  .flatMap((at, i) => [block(at, 'a', 'x', i), block(at, 'b', 'y', i)])
  .toSorted(compareBlocks)

test.each([{}, { exit: 'x' }, { site: 'b' }, { from: 3 }, { exit: 'z' }])(
  '%o: newest first, in any pages',
  (query) => {
    const whole = pageOf(ALL, { from: 0, limit: 99, ...query })
    expect(whole.cursor).toBeNull()
    const times = whole.blocks.map(({ at }) => at)
    expect(times).toEqual(times.toSorted((a, b) => b - a))
    for (const limit of [1, 2, 3]) {
      const blocks: Block[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page: Pick<typeof whole, 'blocks' | 'cursor'> = pageOf(ALL, {
          from: 0,
          limit,
          ...query,
          ...(cursor !== '' && { cursor }),
        })
        blocks.push(...page.blocks)
        cursor = page.cursor
      }
      expect(blocks).toEqual(whole.blocks)
    }
  },
)

test('what is no cursor is refused', () => {
  expect(() => pageOf(ALL, { from: 0, limit: 1, cursor: 'x' })).toThrow(/no cursor/)
})
