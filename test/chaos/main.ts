/**
 * `npm run chaos -- --minutes M --seed S [--rate N] [--redis PATH]`: a long chaos run; its last line is the result.
 * `npm run chaos -- scrapers …` is one of the scrapers.
 */
import { parseArgs } from 'node:util'
import { chaos } from './run.ts'
import { main as scrapers } from './scrapers/main.ts'

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
if (process.argv[2] === 'scrapers') process.exit(await scrapers(process.argv.slice(3)))

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '1000' },
    gap: { type: 'string', default: '2500' },
    redis: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const rate = Number(values.rate)
const gap = Number(values.gap)
if (!(minutes > 0 && minutes <= 60 && Number.isInteger(seed) && rate >= 2 && gap >= 100)) {
  process.stderr.write(
    'chaos: --minutes up to 60, --seed a whole number, --rate rows per producer and second.\n',
  )
  process.exit(2)
}

const began = Date.now()
const say = (line: string): void => {
  if (!values.quiet)
    process.stdout.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}\n`)
}

try {
  const redis = values.redis === undefined ? {} : { redis: values.redis }
  const result = await chaos({ seed, seconds: minutes * 60, rate, gap, whole: true, say, ...redis })
  const { tally, stalls, answers, different, differences } = result
  const more = { seed, cuts: tally.cuts, silences: tally.silences, lostReplies: tally.lostReplies }
  process.stdout.write(`${JSON.stringify({ ...more, halfOpen: tally.stranded, stalls, answers })}\n`)
  if (different > 0)
    process.stdout.write(
      `${different} differences with seed ${seed}, first:\n  ${differences.join('\n  ')}\n`,
    )
  process.stdout.write(`${result.line}\n`)
  process.exit(different > 0 || result.lost > 0 || result.duplicated > 0 ? 1 : 0)
} catch (error) {
  process.stdout.write(
    `chaos failed with seed ${seed}: ${error instanceof Error ? error.stack : String(error)}\n`,
  )
  process.exit(1)
}
