/**
 * The whole system on the example world: the alerts are those of the seed's answer sheet, all right and none
 * extra, within 120 s of `/readyz`. One seed by default; `WEIR_WORLD_SEEDS=1,2,3,4,5` (or `npm run world`) for more.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type Answer, answers } from '../examples/world/answers.ts'
import { freePort, startRedis, type TestRedis } from './harness/redis.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SEEDS = (process.env.WEIR_WORLD_SEEDS ?? '3').split(',').map(Number)
/** Loading the past takes ten seconds on an idle machine; tests run on busy ones. */
const READY_WITHIN = 120_000
const RIGHT_WITHIN = 120_000
/** Once right, the alerts must stay right for this long, ms. */
const STAYS = 15_000

interface FiringAlert {
  rule: string
  group: Record<string, string>
  outcome?: string
  fields?: string[]
  sentence: string
  since: number
}

let redis: TestRedis | undefined
let weir: ChildProcess | undefined
let output = ''

afterEach(async () => {
  if (weir !== undefined && weir.exitCode === null && weir.signalCode === null) await ended(weir)
  await redis?.stop()
})

/** Asks the process to end, and makes it where it does not. */
async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
  child.kill('SIGTERM')
  await gone
  clearTimeout(timer)
}

test.for(SEEDS)(
  'the alerts in the world of seed %i are those of its answer sheet',
  { timeout: READY_WITHIN + RIGHT_WITHIN + STAYS + 60_000 },
  async (seed) => {
    const api = await startWeir(seed)
    await ready(api)
    const began = Date.now()
    const sheet = answers(seed)
    // At every look: nothing that is not on the sheet. In the end: everything on it.
    for (;;) {
      const firing = await firingAlerts(api)
      expect(firing.filter((alert) => !sheet.some((answer) => fits(answer, alert)))).toEqual([])
      const open = sheet.filter((answer) => !firing.some((alert) => fits(answer, alert)))
      if (open.length === 0) break
      if (Date.now() - began > RIGHT_WITHIN) expect(open, `still open\n${output.slice(-4000)}`).toEqual([])
      await sleep(1000)
    }
    const rightAfter = Date.now() - began
    await sleep(STAYS)
    const firing = await firingAlerts(api)
    expect(firing.map(headOf).toSorted()).toEqual(sheet.map(headOf).toSorted())
    for (const answer of sheet) {
      const alert = firing.find((candidate) => fits(answer, candidate))!
      if (answer.outcome !== undefined) expect(alert.outcome).toBe(answer.outcome)
      if (answer.field !== undefined) expect(alert.fields).toContain(answer.field)
    }
    await showsItsWork(api, sheet)
    process.stdout.write(`seed ${seed}: right ${(rightAfter / 1000).toFixed(1)} s after ready\n`)
    process.stdout.write(firing.map((alert) => `  ${alert.rule}: ${alert.sentence}\n`).join(''))
  },
)

/** What the team behind the scrapers asks next: which runs, which fields, and was it us. */
async function showsItsWork(api: string, sheet: Answer[]): Promise<void> {
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${api}/v1/${path}`)).json()) as T
  const changed = sheet.find((one) => one.rule === 'changed')!.group
  const { runs } = await get<{ runs: object[] }>('runs?outcome=layout_changed&limit=1')
  expect(runs).toMatchObject([{ ...changed, missing: ['balance'] }])
  const { rows } = await get<{ rows: { scraper: string; field: string }[] }>('coverage?fleet=banks')
  expect(rows).toHaveLength(16)
  const balance = rows.find(({ scraper, field }) => scraper === changed['scraper'] && field === 'balance')
  expect(balance).toMatchObject({ states: { ok: expect.any(Number) } })
  const alert = async () => {
    const { alerts } = await get<{ alerts: (FiringAlert & { origin?: { words: string } })[] }>(
      'alerts?state=firing',
    )
    return alerts.find(({ rule }) => rule === 'changed')!
  }
  const mark = { name: changed['scraper'], version: '4f2a', at: (await alert()).since - 30_000 }
  expect((await fetch(`${api}/v1/marks`, { method: 'POST', body: JSON.stringify(mark) })).status).toBe(201)
  await expect.poll(async () => (await alert()).origin?.words).toBe('began with our deploy 4f2a')
}

/** `weir dev` on a Redis and a port of its own. Resolves with the address of its API. */
async function startWeir(seed: number): Promise<string> {
  redis = await startRedis()
  const port = await freePort()
  output = ''
  weir = spawn(process.execPath, ['weir', 'dev', '--world', String(seed)], {
    cwd: ROOT,
    env: { ...process.env, REDIS_URL: redis.url, PORT: String(port), WEIR_NO_INSTALL: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const keep = (chunk: Buffer): void => void (output = (output + String(chunk)).slice(-20_000))
  weir.stdout?.on('data', keep)
  weir.stderr?.on('data', keep)
  return `http://127.0.0.1:${port}`
}

async function ready(api: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN
  for (;;) {
    const answer = await fetch(`${api}/readyz`).catch(() => null)
    if (answer?.status === 200) return
    const said = (await answer?.text()) ?? 'no answer'
    if (weir?.exitCode !== null) throw new Error(`weir dev ended:\n${output}`)
    if (Date.now() > deadline) {
      throw new Error(`not ready within ${READY_WITHIN / 1000} s: ${said}\n${output}`)
    }
    await sleep(200)
  }
}

async function firingAlerts(api: string): Promise<FiringAlert[]> {
  const answer = await fetch(`${api}/v1/alerts?state=firing`)
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { alerts: FiringAlert[] }).alerts
}

function fits(answer: Answer, alert: FiringAlert): boolean {
  return headOf(answer) === headOf(alert)
}

/** Rule and group in one comparable line. */
function headOf({ rule, group }: Pick<Answer, 'rule' | 'group'>): string {
  const fields = Object.entries(group).map(([field, value]) => `${field}=${value}`)
  return `${rule} ${fields.toSorted().join(' ')}`
}
