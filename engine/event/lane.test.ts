import { expect, test } from 'vitest'
import { encodeRow } from './batch.ts'
import { createLane, type Lane } from './lane.ts'
import { rejected } from './rejected.ts'

const row = encodeRow({ a: 1 })
const dead = rejected('{}', 'r', 'line 1')

function drain(lane: Lane): string[] {
  lane.seal()
  const seen: string[] = []
  for (let head = lane.head(); head !== undefined; lane.ack('1-0', 0), head = lane.head()) {
    const { fields } = head
    const field = (name: string): string => fields[fields.indexOf(name) + 1]!
    seen.push(`${field('weir')} ${field('seq')}+${field('n')}`)
  }
  return seen
}

test('numbers are contiguous over batches and rejects', () => {
  const lane = createLane(() => 'p', 's')
  lane.add(row, 0)
  lane.add(row, 0)
  expect(lane.reject(dead, 0)).toBe(true)
  lane.add(row, 0)
  expect(drain(lane)).toEqual(['batch/1 0+2', 'reject/1 2+1', 'batch/1 3+1'])
  expect([lane.next, lane.acked]).toEqual([4, 4])
})

test('a batch belongs to one minute', () => {
  const lane = createLane(() => 'p', 's')
  lane.add(row, 60_000)
  expect(lane.add(row, 120_000)).toBe(true)
  expect(drain(lane)).toEqual(['batch/1 0+1', 'batch/1 1+1'])
})

test('full batches are cut at 500 rows', () => {
  const lane = createLane(() => 'p', 's')
  for (let i = 0; i < 1001; i++) lane.add(row, 0)
  expect(drain(lane)).toEqual(['batch/1 0+500', 'batch/1 500+500', 'batch/1 1000+1'])
})

test('rejects are cut by bytes', () => {
  const lane = createLane(() => 'p', 's')
  for (let i = 0; i < 40; i++) lane.reject(rejected('x'.repeat(5000), 'r', 'line 1'), 0)
  expect(drain(lane)).toEqual(['reject/1 0+15', 'reject/1 15+15', 'reject/1 30+10'])
})

test('the head stays the same, to the byte, until it is acknowledged', () => {
  const lane = createLane(() => 'p', 's')
  lane.add(row, 0)
  lane.seal()
  const before = [...lane.head()!.fields]
  lane.add(row, 0)
  lane.seal()
  expect(lane.head()!.fields).toEqual(before)
})

test('under a new id numbers begin at 0 again, and what is open keeps its own', () => {
  let id = 'a'
  const lane = createLane(() => id, 's')
  lane.add(row, 0)
  id = 'b'
  lane.add(row, 0)
  lane.seal()
  lane.add(row, 0)
  lane.reject(dead, 0)
  lane.seal()
  const seen: string[] = []
  for (let head = lane.head(); head !== undefined; lane.ack('1-0', 0), head = lane.head()) {
    const { from, seq } = Object.fromEntries(
      Array.from({ length: head.fields.length / 2 }, (_, i) => head.fields.slice(2 * i, 2 * i + 2)),
    ) as Record<string, string>
    seen.push(`${from} ${seq}+${head.rows}`)
  }
  expect(seen).toEqual(['a 0+2', 'b 0+1', 'b 1+1'])
  expect([lane.next, lane.acked]).toEqual([4, 4])
})

test('what was written is offered again unchanged, before what is new, and is acknowledged once', () => {
  const lane = createLane(() => 'p', 's')
  for (const at of [10, 20, 30]) {
    lane.add(row, 0)
    lane.seal()
    expect(lane.ack(`${at}-0`, at)?.rows).toBe(1)
  }
  lane.add(row, 0)
  lane.seal()
  expect(lane.newest?.id).toBe('30-0')
  lane.rewind(20)
  expect(lane.newest).toBeNull()
  const acked: (number | null)[] = []
  while (lane.head() !== undefined) acked.push(lane.ack('40-0', 40)?.upTo ?? null)
  expect(acked).toEqual([null, null, 4])
  expect(lane.acked).toBe(4)
})
