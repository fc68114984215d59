/** A real Redis Cluster of a test's own: masters with a replica each, that can be killed, and slots that can be moved. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { connect } from '../../engine/index.ts'
import { freePort, startRedis, type TestRedis } from './redis.ts'

export interface ClusterNode {
  readonly id: string
  readonly server: TestRedis
  /** To this node alone, never redirected. */
  readonly admin: Redis
}

export interface TestCluster {
  /** Names three of the nodes. */
  readonly url: string
  readonly nodes: readonly ClusterNode[]
  /** kill -9. It stays away. */
  kill(node: ClusterNode): Promise<void>
  /** The master that has the key, as a living node sees it. */
  ownerOf(key: string): Promise<ClusterNode>
  /** Moves the slot of a key to another node, key by key, `pause` ms after each. Resolves with the keys moved. */
  moveSlot(key: string, to: ClusterNode, pause?: number): Promise<number>
  stop(): Promise<void>
}

const SLOTS = 16_384
const FORM_MS = 20_000

/** `masters` nodes, each with a replica, `timeout` ms of silence until a node counts as failed. */
export async function startCluster(masters = 3, timeout = 2000): Promise<TestCluster> {
  const started = await Promise.all(Array.from({ length: masters * 2 }, () => startNode(timeout)))
  const nodes = started.map(({ node }) => node)
  const stop = async (): Promise<void> => {
    for (const { admin } of nodes) admin.disconnect()
    await Promise.all(nodes.map(({ server }) => server.stop()))
  }
  try {
    await form(started, masters)
  } catch (error) {
    await stop()
    throw error
  }
  const dead = new Set<ClusterNode>()
  const ownerOf = async (key: string): Promise<ClusterNode> => {
    for (const { admin } of nodes.filter((node) => !dead.has(node))) {
      const owner = await ownerSeenBy(admin, key).catch(() => null)
      if (owner !== null) return nodes.find(({ id }) => id === owner)!
    }
    throw new Error(`no node knows who has ${key}`)
  }
  return {
    url: `redis+cluster://${nodes
      .slice(0, 3)
      .map(({ server }) => `127.0.0.1:${server.port}`)
      .join(',')}`,
    nodes,
    kill: async (node) => {
      dead.add(node)
      node.admin.disconnect()
      await node.server.kill()
    },
    ownerOf,
    moveSlot: async (key, to, pause = 0) => {
      const from = await ownerOf(key)
      const slot = await from.admin.cluster('KEYSLOT', key)
      await to.admin.cluster('SETSLOT', slot, 'IMPORTING', from.id)
      await from.admin.cluster('SETSLOT', slot, 'MIGRATING', to.id)
      let moved = 0
      for (;;) {
        const [next] = await from.admin.cluster('GETKEYSINSLOT', slot, 1)
        if (next === undefined) break
        await from.admin.call('MIGRATE', '127.0.0.1', to.server.port, next, 0, 5000)
        moved++
        await sleep(pause)
      }
      for (const { admin } of [to, from]) await admin.cluster('SETSLOT', slot, 'NODE', to.id)
      return moved
    },
    stop,
  }
}

async function startNode(timeout: number): Promise<{ node: ClusterNode; bus: number }> {
  const bus = await freePort()
  const server = await startRedis({
    // Replicas begin at once instead of waiting for others.
    args: [
      '--repl-diskless-sync-delay',
      '0',
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      String(bus),
      '--cluster-node-timeout',
      String(timeout),
    ],
  })
  const admin = connect(server.url, 'query', 'test-admin')
  return { node: { id: await admin.cluster('MYID'), server, admin }, bus }
}

async function form(started: { node: ClusterNode; bus: number }[], masters: number): Promise<void> {
  const nodes = started.map(({ node }) => node)
  const [first] = nodes as [ClusterNode]
  await Promise.all(nodes.map(({ admin }, i) => admin.cluster('SET-CONFIG-EPOCH', i + 1)))
  for (const { node, bus } of started.slice(1))
    await first.admin.cluster('MEET', '127.0.0.1', node.server.port, bus)
  for (let i = 0; i < masters; i++) {
    const [from, to] = [Math.ceil((SLOTS * i) / masters), Math.ceil((SLOTS * (i + 1)) / masters) - 1]
    await nodes[i]!.admin.cluster('ADDSLOTSRANGE', from, to)
  }
  await until('all nodes know each other', nodes, async ({ admin }) => {
    const known = String(await admin.cluster('NODES'))
    return nodes.every(({ id }) => known.includes(id)) && !known.includes('handshake')
  })
  for (let i = masters; i < nodes.length; i++)
    await nodes[i]!.admin.cluster('REPLICATE', nodes[i - masters]!.id)
  await until('replicas follow', nodes.slice(masters), async ({ admin }) =>
    (await admin.info('replication')).includes('master_link_status:up'),
  )
  await until('the cluster is well', nodes, async ({ admin }) =>
    String(await admin.cluster('INFO')).includes('cluster_state:ok'),
  )
}

async function ownerSeenBy(admin: Redis, key: string): Promise<string | null> {
  const slot = await admin.cluster('KEYSLOT', key)
  const range = (await admin.cluster('SLOTS')).find(([from, to]) => from <= slot && slot <= to)
  return range?.[2]?.[2] ?? null
}

async function until(
  what: string,
  nodes: readonly ClusterNode[],
  holds: (node: ClusterNode) => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + FORM_MS
  for (const node of nodes)
    while (!(await holds(node))) {
      if (Date.now() > deadline) throw new Error(`gave up waiting until ${what}`)
      await sleep(50)
    }
}
