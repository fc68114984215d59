/** A process with a pool, to be killed: says which processes its browser has, and goes on for ever. */
import { openPool } from './pool.ts'
import { processTree } from './process-memory.ts'

const [executable = ''] = process.argv.slice(2)
const pool = await openPool({ executable, workers: 1 })
await pool.run(
  async ({ page }) => {
    await page.setContent('<title>t</title>')
    const tree = (await Promise.all(pool.pids.map(processTree))).flat()
    process.stdout.write(`${tree.map(({ pid }) => pid).join(' ')}\n`)
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  },
  { deadline: 60_000, patience: 1000 },
)
