/** `npm run eval -- pages DIR`: recorded good pages in Chromium and without it: how many are misjudged, and what is read right. */
import { pageCases } from './page-case.ts'
import { readPages, summary, visitPages } from './page-visit.ts'

export async function evaluate([folder]: string[]): Promise<void> {
  if (folder === undefined) {
    process.stderr.write('Name the folder: npm run eval -- pages DIR\n')
    process.exitCode = 2
    return
  }
  const cases = pageCases(folder)
  const before = process.cpuUsage()
  const read = readPages(cases)
  const { user, system } = process.cpuUsage(before)
  tell('without a browser', read, `, ${Math.round((user + system) / 1000 / cases.length)} ms of a core each`)
  tell('in Chromium', await visitPages(cases), '')
}

function tell(how: string, results: Parameters<typeof summary>[0], cost: string): void {
  const { pages, outcomes, changed, right, misjudged } = summary(results)
  const shares = Object.entries(right).map(([field, n]) => `${field} right on ${n}`)
  const told = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([outcome, n]) => `${n} ${outcome}`)
      .join(', ')
  process.stdout.write(
    `${how}: ${pages} pages, ${misjudged.length} misjudged; ${shares.join(', ')}; ${told(outcomes)}; without their landmark or a required field: ${told(changed)}${cost}\n`,
  )
  for (const { name, verdict } of misjudged)
    process.stdout.write(`  ${name}: ${verdict.outcome}.${verdict.reason} ${verdict.detail}\n`)
}
