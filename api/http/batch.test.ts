import { expect, test } from 'vitest'
import type { BatchReport } from '../../engine/index.ts'
import { NOW, testApp } from '../app.fixture.ts'

test('a batch shows how far it is, and whether it is running, waits for its next start, or is late', async () => {
  const { app, reader } = testApp()
  const report = (change: Partial<BatchReport>): BatchReport => ({
    rule: 'atRisk-close',
    batch: 'close',
    start: NOW - 1000,
    deadline: NOW + 1000,
    next: NOW + 9000,
    asOf: NOW,
    expected: 4,
    done: 1,
    estimate: NOW + 3000,
    verdict: 'firing',
    reason: '1 of 4 right, at this pace 2 s too late',
    left: ['a', 'b', 'c'],
    ...change,
  })
  reader.reports = [
    report({}),
    report({ done: 4, left: [] }),
    report({ asOf: NOW + 1000 }),
    report({ expected: 0 }),
  ]
  const answer = (await (await app.request('/v1/batches')).json()) as { batches: object[] }
  expect(answer.batches[0]).toMatchObject({
    batch: 'close',
    state: 'running',
    progress: 0.25,
    left: ['a', 'b', 'c'],
  })
  expect(answer.batches.slice(1)).toMatchObject([
    { state: 'waiting', progress: 1 },
    { state: 'late' },
    { state: 'running', progress: null },
  ])
})
