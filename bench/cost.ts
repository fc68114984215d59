/**
 * `npm run bench -- cost [--plot] [--only NAME]`: what the fold costs as work grows, against groups, windows and
 * the length of a window. One line of JSON per point; `--plot` also writes them and their pictures to
 * docs/performance/. Each point is a process of its own (cost-point.ts says what is measured).
 */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { conditions, say } from './conditions.ts'
import type { Cost, CostPoint } from './cost-point.ts'
import { plot } from './plot.ts'

interface Sweep {
  caption: string
  points: { label: string; point: CostPoint }[]
}

const WINDOWS: CostPoint['windows'] = ['1m', '5m', '1h']
const GROUPS = 10_000

const SWEEPS: Record<string, Sweep> = {
  groups: {
    caption: 'groups (windows 1m, 5m and 1h; 50,000 events/s in all; above 30,000 groups: more partitions)',
    points: [100, 1000, 10_000, 30_000, 100_000, 1_000_000].map((groups) => ({
      label: short(groups),
      point: { groups, windows: WINDOWS },
    })),
  },
  windows: {
    caption: 'windows on one metric, of 1m, 2m, … (10,000 groups; 50,000 events/s)',
    points: [1, 2, 5, 10, 20, 50].map((n) => ({
      label: String(n),
      point: { groups: GROUPS, windows: Array.from({ length: n }, (_, i) => `${i + 1}m` as const) },
    })),
  },
  length: {
    caption: 'length of the one window (10,000 groups; 50,000 events/s)',
    points: (['1m', '10m', '1h', '6h', '1d'] as const).map((window) => ({
      label: window,
      point: { groups: GROUPS, windows: [window] },
    })),
  },
}

const DIR = fileURLToPath(new URL('../docs/performance/', import.meta.url))
const POINT = fileURLToPath(new URL('cost-point.ts', import.meta.url))
const run = promisify(execFile)

async function measure(point: CostPoint): Promise<Cost> {
  const args = ['--expose-gc', '--import', 'tsx', POINT, JSON.stringify(point)]
  const { stdout } = await run(process.execPath, args)
  return JSON.parse(stdout) as Cost
}

/** 100, 1k, 30k, 1M */
function short(n: number): string {
  if (n >= 1e6) return `${n / 1e6}M`
  return n >= 1000 ? `${n / 1000}k` : String(n)
}

function picture({ caption, points }: Sweep, costs: Cost[]): string {
  const labels = points.map(({ label }) => label)
  return plot(caption, labels, [
    { title: 'ns per event', format: (ns) => ns.toFixed(0), values: costs.map(({ ns }) => ns) },
    { title: 'longest stall, ms', format: (ms) => ms.toFixed(0), values: costs.map(({ stall }) => stall) },
    {
      title: 'memory per group, KB',
      format: (kb) => (kb < 10 ? kb.toFixed(1) : kb.toFixed(0)),
      values: costs.map(({ bytes }) => bytes / 1024),
    },
  ])
}

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { plot: { type: 'boolean', default: false }, only: { type: 'string' } },
})
const began = performance.now()
const lines: string[] = []
const tell = (line: object): void => {
  lines.push(JSON.stringify(line))
  say(lines.at(-1)!)
}
tell({ conditions: conditions(), at: new Date().toISOString() })
for (const [name, sweep] of Object.entries(SWEEPS)) {
  if (values.only !== undefined && values.only !== name) continue
  const costs: Cost[] = []
  for (const { label, point } of sweep.points) {
    const cost = await measure(point)
    costs.push(cost)
    const { partitions, ns, stall, bytes, events } = cost
    tell({ [name]: label, groups: point.groups, partitions, ns, stall, bytes, events })
  }
  if (!values.plot) continue
  await mkdir(DIR, { recursive: true })
  await writeFile(`${DIR}${name}.svg`, picture(sweep, costs))
}
tell({ conditions: conditions(), minutes: Math.round((performance.now() - began) / 6000) / 10 })
if (values.plot && values.only === undefined) await writeFile(`${DIR}cost.jsonl`, `${lines.join('\n')}\n`)
