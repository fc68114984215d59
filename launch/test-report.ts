/** Reads vitest's JSON report into the one line that ends every test run. */
import { readFileSync } from 'node:fs'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

interface Report {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: { status: string; assertionResults: { status: string }[] }[]
}

/** Null when there is no readable report: the run broke off. */
export function readReport(file: string): Counts | null {
  try {
    return countReport(JSON.parse(readFileSync(file, 'utf8')) as Report)
  } catch {
    return null
  }
}

/** A file that could not even be loaded, or broke in a hook, counts as one failed test. */
export function countReport(report: Report): Counts {
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** `412 passed, 0 failed, 3 skipped`. A run that ended badly never reads as if nothing had failed. */
export function summary(counts: Counts | null, exitCode: number): string {
  const { passed, failed, skipped } = counts ?? { passed: 0, failed: 0, skipped: 0 }
  const shown = exitCode !== 0 || counts === null ? Math.max(1, failed) : failed
  return `${passed} passed, ${shown} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
