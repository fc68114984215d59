/** A Redis Cluster of three masters and their replicas: slots move and a master dies under load, and all is counted once. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { loadConfig, openReader, type Reader } from '../engine/index.ts'
import type { Order, Sent } from './cluster/producer.ts'
import { makeUser, PASSWORD, refusals } from './harness/acl.ts'
import { type ClusterNode, startCluster, type TestCluster } from './harness/cluster.ts'
import { ROOT, startRole, type TestRole } from './harness/role.ts'

const CONFIG = `${ROOT}test/config/load.config.ts`
const logOf = (partition: number): string => `weir:{load.${partition}}:log`

let cluster: TestCluster
let url = ''
let engines: TestRole[] = []
let producers: ChildProcess[] = []
let reader: Reader

beforeAll(async () => {
  cluster = await startCluster()
  await Promise.all(cluster.nodes.map(({ admin }) => makeUser(admin)))
  url = cluster.url.replace('://', `://weir:${encodeURIComponent(PASSWORD)}@`)
  const env = { REDIS_URL: url, WEIR_CONFIG: CONFIG }
  engines = await Promise.all([startRole('engine', env), startRole('engine', env)])
  reader = await openReader(url, 'weir')
  const stream = (await loadConfig(CONFIG)).streams.find((s) => s.name === 'load')!
  producers = await Promise.all([0, 1].map((number) => startProducer({ number, stream })))
}, 120_000)
afterAll(async () => {
  for (const producer of producers) producer.kill('SIGKILL')
  await reader?.close()
  await Promise.all(engines.map((engine) => engine.stop()))
  await cluster?.stop()
})

it('slots that move, and masters that are replaced or die with acknowledged writes, cost and double nothing', async () => {
  await sleep(1500)
  const [moving, dying] = [logOf(0), logOf(1)]
  const from = await cluster.ownerOf(moving)
  const to = cluster.nodes.slice(0, 3).find(({ id }) => id !== from.id)!
  // Log and meta at least; while they are apart, every commit is answered TRYAGAIN.
  expect(await cluster.moveSlot(moving, to, 100)).toBeGreaterThan(3)
  await sleep(1500)

  // The master is replaced while it lives: no connection breaks, and the old one only says MOVED from then on.
  const first = await strand(dying)
  const takeover = first.replica.admin.cluster('FAILOVER', 'TAKEOVER')
  first.replica.server.resume()
  await takeover
  await follows(first.master, first.replica)
  await sleep(1000)

  const second = await strand(dying)
  await cluster.kill(second.master)
  second.replica.server.resume()
  await expect
    .poll(() => cluster.ownerOf(dying).then(({ id }) => id), { timeout: 20_000, interval: 100 })
    .toBe(second.replica.id)
  await sleep(1500)

  const sent = await Promise.all(producers.map(stopped))
  const total = (of: 'count' | 'sum'): number => sent.reduce((n, one) => n + one[of], 0)
  const counted = await settled(total('count'))
  const said = engines.map((engine) => engine.output()).join('')
  expect(counted, said).toMatchObject({ counted: total('count'), late: 0, dead: 0, missing: 0 })
  expect(said).not.toMatch(/"level":[56]0|"where":"records"/)
  for (const { admin } of cluster.nodes.filter((node) => node !== second.master))
    expect(await refusals(admin)).toEqual([])
  // They were acknowledged, and are gone: what the producers sent again has filled their place.
  for (const { newest } of [first, second])
    expect(await second.replica.admin.xrange(dying, newest, newest)).toEqual([])
  expect(counted.duplicate).toBeGreaterThan(0)
  // The last 10 s panes close only when time has passed them.
  await sleep(13_000)
  const whole = { from: sent[0]!.first - 20_000, to: Date.now() + 10_000, step: 10_000, group: {} }
  for (const stat of ['count', 'sum'] as const) {
    const { points } = await reader.series({ metric: 'volume', stat, ...whole })
    expect(points.reduce((n, [, v]) => n + v, 0)).toBe(total(stat))
  }
}, 120_000)

/** Cuts the master of a key off its replica, and lets it acknowledge for a while what nobody else has. */
async function strand(key: string): Promise<{ master: ClusterNode; replica: ClusterNode; newest: string }> {
  const master = await cluster.ownerOf(key)
  const known = async (): Promise<ClusterNode | undefined> => {
    const lines = String(await master.admin.cluster('NODES')).split('\n')
    return cluster.nodes.find(({ id }) =>
      lines.some((line) => line.startsWith(id) && line.includes(`slave ${master.id}`)),
    )
  }
  // Word of who follows whom takes a while to go round.
  const replica = await vi.waitUntil(known, { timeout: 20_000, interval: 200 })
  await follows(replica, master)
  replica.server.pause()
  await master.admin.call('CLIENT', 'KILL', 'TYPE', 'replica')
  await sleep(1000)
  const [[newest]] = (await master.admin.xrevrange(key, '+', '-', 'COUNT', 1)) as [[string, string[]]]
  return { master, replica, newest }
}

async function follows(replica: ClusterNode, master: ClusterNode): Promise<void> {
  const said = (): Promise<string> => replica.admin.info('replication')
  await expect.poll(said, { timeout: 120_000 }).toMatch(/master_link_status:up/)
  expect(await said()).toContain(`master_port:${master.server.port}`)
}

async function startProducer(order: Pick<Order, 'number' | 'stream'>): Promise<ChildProcess> {
  const child = fork(`${ROOT}test/cluster/producer.ts`, [], { cwd: ROOT, execArgv: ['--import', 'tsx'] })
  await once(child, 'message')
  child.send({ type: 'start', redisUrl: url, namespace: 'weir', ...order } satisfies Order)
  return child
}

async function stopped(child: ChildProcess): Promise<Sent> {
  child.send({ type: 'stop' })
  const [sent] = (await once(child, 'message')) as [Sent]
  return sent
}

async function settled(count: number) {
  for (let i = 0; ; i++) {
    const own = (await reader.accounting().catch(() => [])).find((s) => s.stream === 'load')
    if (own !== undefined && (i > 60 || (own.lagEntries === 0 && own.counted >= count))) return own
    await sleep(250)
  }
}
