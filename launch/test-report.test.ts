/** The last line of a test run never hides a failure. */
import { expect, test } from 'vitest'
import { countReport, summary } from './test-report.ts'

const report = { numPassedTests: 10, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1, testResults: [] }

test('passed, failed and skipped are counted from the report', () => {
  expect(summary(countReport(report), 1)).toBe('10 passed, 1 failed, 3 skipped')
})

test('nothing skipped is not mentioned', () => {
  expect(summary({ passed: 3, failed: 0, skipped: 0 }, 0)).toBe('3 passed, 0 failed')
})

test('a file that could not be loaded counts as failed', () => {
  const broken = { ...report, numFailedTests: 0, testResults: [{ status: 'failed', assertionResults: [] }] }
  expect(countReport(broken).failed).toBe(1)
})

test('no report, or a bad exit without a failed test, is a failure', () => {
  expect(summary(null, 0)).toBe('0 passed, 1 failed')
  expect(summary({ passed: 3, failed: 0, skipped: 0 }, 1)).toBe('3 passed, 1 failed')
})
