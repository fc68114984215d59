/** `npm run bench -- NAME [SECONDS]`: runs one benchmark. Each prints its ratios in its last line. */
const benchmarks: Record<string, () => Promise<unknown>> = {
  engine: () => import('./engine.ts'),
  latency: () => import('./latency.ts'),
  cost: () => import('./cost.ts'),
  recovery: () => import('./recovery.ts'),
  politeness: () => import('./politeness.ts'),
  schedule: () => import('./schedule.ts'),
  scrapers: () => import('./scrapers.ts'),
  soak: () => import('./soak.ts'),
}

const [name = 'engine'] = process.argv.slice(2)
const run = benchmarks[name]
if (run === undefined) {
  process.stderr.write(`there is no benchmark ${name}. There are: ${Object.keys(benchmarks).join(', ')}\n`)
  process.exit(2)
}
await run()
