/** `npm run chaos -- scrapers [--runs 2000] [--kills 50] [--seed 1]`: the scrapers under kills; its last line is the result. */
import { parseArgs } from 'node:util'
import { scraperChaos } from './run.ts'

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '2000' },
      kills: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
    },
  })
  const began = Date.now()
  const say = (line: string): void => {
    process.stdout.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}\n`)
  }
  const result = await scraperChaos({
    seed: Number(values.seed),
    runs: Number(values.runs),
    browserKills: Number(values.kills),
    processes: 3,
    lease: 15_000,
    gap: 5000,
    browserGap: 2000,
    fleet: { pages: 20, checks: 80, pageEvery: 10_000, checkEvery: 4000 },
    say,
  })
  const { lost, doubled, orphans, outcomes, tally } = result
  say(JSON.stringify({ outcomes, ...tally }))
  const wrong = [...lost.map((id) => `lost ${id}`), ...doubled.map((id) => `doubled ${id}`)]
  if (wrong.length > 0) say(`first of ${wrong.length}: ${wrong.slice(0, 10).join('; ')}`)
  process.stdout.write(`${result.line}\n`)
  return wrong.length > 0 || orphans > 0 ? 1 : 0
}
