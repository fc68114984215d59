/** `./weir` keeps its promises: clear errors, one start per folder, and no process left however it ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../launch/port.ts'
import { obtainServer } from '../launch/redis.ts'
import { findProgram } from '../launch/find-program.ts'
import { descendants, launch, living, ROOT, type Launched } from './harness/launch.ts'

const CONFIG = `import { defineConfig, stream, t } from 'weir'
const visits = stream('visits', { key: 'page', time: 'at', schema: { at: t.Number(), page: t.String() } })
const seen = visits.metric('visits', { by: ['page'], stats: ['count'], windows: ['1m'] })
export default defineConfig({ streams: [visits], metrics: [seen] })
`
/** A busy machine takes its time; what is measured in seconds is asserted where it is meant. */
const PATIENCE = 90_000

const started: Launched[] = []
const families: number[][] = []
afterEach(async () => {
  for (const one of started.splice(0)) {
    const all = one.child.pid === undefined ? [] : [one.child.pid, ...descendants(one.child.pid)]
    for (const pid of living(all)) process.kill(pid, 'SIGKILL')
    await one.ended
  }
  for (const pid of living(families.splice(0).flat())) process.kill(pid, 'SIGKILL')
})

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'weir-launch-'))
}

/** Removed after the test. */
function folder(): string {
  const path = newFolder()
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function dev(env: NodeJS.ProcessEnv, words: string[] = [], by: 'node' | 'npm' = 'node'): Launched {
  const all = by === 'npm' ? ['start', '--', ...words] : ['dev', ...words]
  const one = launch(all, { PORT: '0', ...env }, by)
  started.push(one)
  return one
}

/** A started and ready Weir without the world, in `state`. */
async function ready(by: 'node' | 'npm' = 'node', state = folder()) {
  const config = join(state, 'streams.config.ts')
  writeFileSync(config, CONFIG)
  const one = dev({ WEIR_DIR: state }, ['--no-world', '--config', config], by)
  await one.hears('5/5 wallboard on http://127.0.0.1:', PATIENCE)
  const redis = Number(readFileSync(join(state, 'redis', 'redis.pid'), 'utf8'))
  const family = descendants(one.child.pid!)
  families.push(family)
  return { one, state, config, redis, family }
}

describe('clear errors', () => {
  test('a taken port: which, and what to type', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    onTestFinished(() => void other.close())
    const { port } = other.address() as { port: number }
    const one = dev({ PORT: String(port), WEIR_DIR: folder() })
    expect(await one.ended).toBe(1)
    expect(one.said()).toContain(`port ${port}: another program listens there.`)
    expect(one.said()).toContain(`PORT=${port + 1} npm start`)
  })

  test('PORT that is no port', async () => {
    const one = dev({ PORT: '80a', WEIR_DIR: folder() })
    expect(await one.ended).toBe(1)
    expect(one.said()).toContain('PORT=80a: this is no port.')
  })

  test('an address for others without a key: at once, and not by starting again and again', async () => {
    const config = join(folder(), 'streams.config.ts')
    writeFileSync(config, CONFIG)
    const one = dev({ HOST: '0.0.0.0', WEIR_DIR: folder() }, ['--no-world', '--config', config])
    expect(await one.ended).toBe(1)
    expect(one.said()).toContain('HOST=0.0.0.0 opens the API to other machines')
    expect(one.said()).not.toContain('starts again')
  })

  test('REDIS_URL where nobody answers; its password is not shown', async () => {
    const port = await freePort()
    const one = dev({ REDIS_URL: `redis://user:hunter2@127.0.0.1:${port}`, WEIR_DIR: folder() })
    expect(await one.ended).toBe(1)
    expect(one.said()).toMatch(`REDIS_URL 127.0.0.1:${port}: no Redis answers there (connect ECONNREFUSED`)
    expect(one.said()).toContain('unset REDIS_URL')
    expect(one.said()).not.toContain('hunter2')
  })

  test('no Redis server, and installing forbidden: what to type', async () => {
    const bin = folder()
    symlinkSync(process.execPath, join(bin, 'node'))
    const one = dev({ PATH: bin, WEIR_NO_INSTALL: '1', WEIR_DIR: folder() })
    expect(await one.ended).toBe(1)
    expect(one.said()).toContain('WEIR_NO_INSTALL is set')
    for (const way of ['apt-get install redis-server', 'brew install redis', 'docker run'])
      expect(one.said()).toContain(way)
  })

  test('a verb that is none', async () => {
    const one = launch(['frobnicate'], {})
    expect(await one.ended).toBe(2)
    expect(one.said()).toContain('there is no verb "frobnicate". The verbs are dev, test,')
  })
})

describe('a missing Redis server', () => {
  test('is installed after one line says so, where that is possible', async () => {
    const bin = folder()
    const real = findProgram(['redis-server', 'valkey-server'])!
    const lines: string[] = []
    const asked: string[] = []
    const path = await obtainServer({
      env: { PATH: bin },
      onInstall: (line) => lines.push(line),
      installer: {
        refusal: null,
        install: (packages) => {
          expect(lines).toHaveLength(1)
          asked.push(...packages)
          symlinkSync(real, join(bin, 'redis-server'))
          return Promise.resolve()
        },
      },
    })
    expect(asked).toEqual(['redis-server'])
    expect(dirname(path)).toBe(bin)
  })
})

describe.runIf(process.platform === 'linux')('no process is left', () => {
  test('after kill -9 of the launcher', async () => {
    const { one, redis, family } = await ready()
    // Engine, API, scrapers, and Redis with its guard.
    expect(family.length).toBeGreaterThanOrEqual(5)
    expect(family).toContain(redis)
    one.child.kill('SIGKILL')
    await expect.poll(() => living(family)).toEqual([])
  })

  test('after kill -9 of the npm that started it', async () => {
    const { one, redis, family } = await ready('npm')
    expect(family).toContain(redis)
    one.child.kill('SIGKILL')
    await expect.poll(() => living(family)).toEqual([])
  })

  test('after kill -9 of a launcher whose part is stuck and hears nothing', async () => {
    const state = folder()
    const stuck = join(state, 'stuck.ts')
    writeFileSync(stuck, 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)\n')
    const script = `
      const { startRole } = await import(${JSON.stringify(join(ROOT, 'launch/role.ts'))})
      const { startReaper } = await import(${JSON.stringify(join(ROOT, 'launch/reaper.ts'))})
      const log = { path: '', write() {}, close() {} }
      const role = startRole({ name: 'stuck', file: ${JSON.stringify(stuck)}, env: process.env, log, reaper: startReaper(), say() {} })
      setTimeout(() => process.stdout.write(role.pid + '\\n', () => process.kill(process.pid, 'SIGKILL')), 1000)`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: ROOT,
    })
    const pid = Number(await once(parent.stdout, 'data').then(String))
    families.push([pid])
    expect(living([pid])).toEqual([pid])
    await once(parent, 'exit')
    await expect.poll(() => living([pid])).toEqual([])
  })
})

describe.runIf(process.platform === 'linux')('one Weir, from its start to Ctrl-C', () => {
  let weir: Awaited<ReturnType<typeof ready>>
  beforeAll(async () => {
    weir = await ready('node', newFolder())
    // It outlives the single test.
    started.length = 0
    families.length = 0
  }, PATIENCE)
  afterAll(async () => {
    for (const pid of living([weir.one.child.pid!, ...weir.family])) process.kill(pid, 'SIGKILL')
    await weir.one.ended
    rmSync(weir.state, { recursive: true, force: true })
  })

  test('five lines; a second start in the same folder is refused and harms nothing', async () => {
    const { one, state, config } = weir
    const lines = one.said().trim().split('\n')
    expect(lines.map((line) => line.slice(0, 3))).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5'])
    for (const line of lines) expect(line).toMatch(/\(\d+\.\d s\)$/)

    const second = dev({ WEIR_DIR: state }, ['--no-world', '--config', config])
    expect(await second.ended).toBe(1)
    expect(second.said()).toContain(`weir already runs in this folder (process ${one.child.pid})`)
    expect(one.child.exitCode).toBeNull()
    const { origin } = new URL(/http:\S+/.exec(one.said())![0])
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
  })

  test('a save is live within a second; a bad one is refused and the one before goes on', async () => {
    const { one, config } = weir
    const save = async (text: string, heard: RegExp): Promise<number> => {
      const since = performance.now()
      writeFileSync(config, text)
      await one.hears(heard, 10_000)
      return performance.now() - since
    }
    // The quickest of three: a busy machine may hold up one.
    const times: number[] = []
    for (const window of ['5m', '10m', '1h']) {
      const hash = /Config (\S+) is live(?![\s\S]*is live)/.exec(one.said())?.[1] ?? 'none yet'
      times.push(
        await save(
          CONFIG.replace(`'1m'`, `'${window}'`),
          new RegExp(`Config (?!${hash})\\S+ is live\\.\\s*$`),
        ),
      )
    }
    expect(Math.min(...times)).toBeLessThan(1000)

    await save(CONFIG.replace(`by: ['page']`, `by: ['pag']`), /Config refused, the one before goes on/)
    expect(one.said()).toMatch(/streams\.config\.ts:3.*pag/)
  })

  test('a part that crashes is started again', async () => {
    const { one, family } = weir
    const isEngine = (pid: number): boolean =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine/main.ts')
    const engine = family.find(isEngine)!
    process.kill(engine, 'SIGKILL')
    await one.hears('engine ended (SIGKILL); it starts again in 0.5 s', 10_000)
    const isBack = (): boolean =>
      living(descendants(one.child.pid!)).some((pid) => pid !== engine && isEngine(pid))
    await expect.poll(isBack, { timeout: 30_000 }).toBe(true)
  })

  test('after Ctrl-C no process is left within 5 s, and the exit code is 0', async () => {
    const { one } = weir
    const family = [...weir.family, ...descendants(one.child.pid!)]
    const since = performance.now()
    one.child.kill('SIGINT')
    // npm passes it on, so that it comes twice.
    one.child.kill('SIGINT')
    expect(await one.ended).toBe(0)
    expect(performance.now() - since).toBeLessThan(5000)
    await expect.poll(() => living(family), { timeout: 1000 }).toEqual([])
  })
})
