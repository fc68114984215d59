import { expect, test } from 'vitest'
import { type Account, outcomeLine, waitForEngine } from './ingest-wait.ts'

const account = (counted: number, duplicate: number, lagEntries: number): Account => ({
  counted,
  duplicate,
  late: 0,
  dead: 1,
  lagEntries,
})
const before = account(100, 0, 0)

function looking(...answers: Account[]): () => Promise<Account> {
  return async () => (answers.length > 1 ? answers.shift()! : answers[0]!)
}

test('waits until all rows are accounted for and nothing waits', async () => {
  const look = looking(before, account(150, 0, 3), account(160, 40, 1), account(160, 40, 0))
  const outcome = await waitForEngine(look, before, 100, 1000, 1)
  expect(outcomeLine(outcome)).toBe('counted +60, duplicate +40, late +0, dead +0\n')
})

test('gives up where nothing moves', async () => {
  const outcome = await waitForEngine(looking(account(150, 0, 3)), before, 100, 5, 1)
  expect(outcome.done).toBe(false)
  expect(outcomeLine(outcome)).toContain('is it running?')
})
