/** Lines out of bytes: the same for every way of cutting the body into chunks. */
import { expect, test } from 'vitest'
import fc from 'fast-check'
import { readLines, type Line } from './line.ts'

const limits = { bodyBytes: 10_000, lineBytes: 20, idleMs: 1000 }

async function lines(bytes: Uint8Array, cuts: number[]): Promise<Line[]> {
  const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 1; i < at.length; i++) controller.enqueue(bytes.subarray(at[i - 1], at[i]))
      controller.close()
    },
  })
  return gather(readLines(body, limits))
}

async function gather(from: AsyncIterable<Line>): Promise<Line[]> {
  const all: Line[] = []
  for await (const line of from) all.push(line)
  return all
}

test('cuts change nothing, multi-byte letters included', async () => {
  const text = 'a\n\n  \nüñ☃\nlonger than the twenty bytes\r\nlast'
  const whole = await lines(Buffer.from(text), [])
  expect(whole.map((line) => (line.ok ? [line.number, line.text] : [line.number, line.reason]))).toEqual([
    [1, 'a'],
    [4, 'üñ☃'],
    [5, 'longer than 0.01953125 KB'],
    [6, 'last'],
  ])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(60), { maxLength: 8 }), async (cuts) => {
      const cut = await lines(Buffer.from(text), cuts)
      expect(cut.map(({ number, ok }) => [number, ok])).toEqual(whole.map(({ number, ok }) => [number, ok]))
    }),
    { numRuns: 50 },
  )
})

test('bytes that are no UTF-8 are a bad line, not a silent replacement', async () => {
  expect(await lines(Buffer.from([0xff, 0xfe, 0x0a, 0x61]), [])).toEqual([
    { number: 1, ok: false, reason: 'not UTF-8', raw: '\uFFFD\uFFFD' },
    { number: 2, ok: true, text: 'a' },
  ])
})

test('what is kept of a line too long is bounded', async () => {
  const [line] = await lines(Buffer.alloc(9000, 'x'), [15, 30, 4000])
  expect(line).toMatchObject({ ok: false, number: 1 })
  expect((line as { raw: string }).raw.length).toBeLessThanOrEqual(4096)
})
