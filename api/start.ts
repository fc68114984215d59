/** Puts the API together from its settings: reader, producers, hub, notifier, app, server; and takes it apart again. */
import type { Logger } from 'pino'
import {
  connect,
  openBlocks,
  openHolds,
  openDeploys,
  openAnswers,
  openEvidence,
  openLedger,
  openProducer,
  openReader,
  openRecentRuns,
  openRuns,
  openProposals,
  openSchedule,
  type CompiledChannel,
  type Reader,
} from '../engine/index.ts'
import { createApp } from './app.ts'
import { boardRoutes } from './board/routes.ts'
import { createFleetSource } from './fleet/fleet-source.ts'
import { sharedSchedule } from './fleet/shared-schedule.ts'
import { EVENT_LIMITS } from './http/event.ts'
import { createOrigins, type Origins } from './http/origin.ts'
import { createMetrics, type Metrics } from './http/metrics.ts'
import { KeyedPosts } from './http/keyed-post.ts'
import { ProducerPool } from './http/producer-pool.ts'
import { BoardSource } from './live/board-source.ts'
import { Hub } from './live/hub.ts'
import { liveSocket } from './live/socket.ts'
import type { LedgerEntry } from './notify/ledger.ts'
import { startNotifier } from './notify/notifier.ts'
import { redisLedger } from './notify/redis-ledger.ts'
import { printer, sender } from './notify/send.ts'
import { startServer } from './server.ts'
import type { ApiSettings } from './settings.ts'

export interface Api {
  readonly port: number
  /** Readiness is no longer held back. */
  release(): void
  /** Ends in order: nothing new comes in, what came in is written, what is being sent is settled. */
  close(): Promise<void>
}

export interface ApiWorld {
  namespace: string
  env: NodeJS.ProcessEnv
  log: Logger
  /** For notifications that must not go out. */
  print: (text: string) => void
}

const CLOSE_GRACE = 1000

/** Rejects with WEIR_SETUP where it cannot listen. Redis need not be there: until it is, answers say so. */
export async function startApi(settings: ApiSettings, world: ApiWorld): Promise<Api> {
  const { redisUrl } = settings
  const { namespace, log } = world
  const clock = Date.now
  let held = settings.holdReady
  const reader = await openReader(redisUrl, namespace)
  const producers = new ProducerPool((stream) =>
    openProducer({ redisUrl, namespace, stream }, { name: 'http' }),
  )
  const keyed = new KeyedPosts((stream, id) =>
    openProducer({ redisUrl, namespace, stream }, { name: 'http', id }),
  )
  const ledger = openLedger(redisUrl, namespace)
  const schedule = sharedSchedule(openSchedule(redisUrl, namespace), clock)
  const proposals = openProposals(redisUrl, namespace)
  const evidence = openEvidence(redisUrl, namespace)
  const answers = openAnswers(redisUrl, namespace)
  const blocks = openBlocks(redisUrl, namespace)
  const holds = openHolds(redisUrl, namespace)
  const runs = openRuns(redisUrl, namespace)
  const deploys = openDeploys(redisUrl, namespace)
  const recent = openRecentRuns(redisUrl, namespace)
  const fleet = createFleetSource({ reader, schedule, blocks, deploys, proposals, recent, clock })
  const origins = createOrigins(deploys, clock)
  const metrics = createMetrics(reader, clock)
  const board = new BoardSource(reader, clock, origins)
  const hub = new Hub({ reader, board, clock })
  const app = createApp({
    reader,
    producers,
    keyed,
    ledger,
    schedule,
    proposals,
    evidence,
    answers,
    blocks,
    holds,
    deploys,
    origins,
    runs,
    fleet,
    limits: EVENT_LIMITS,
    clock,
    settings,
    metrics,
    held: () => held,
    live: liveSocket(hub, clock, (open) => metrics.sockets.set(open)),
    page: boardRoutes(),
    log,
  })
  const server = await startServer(app, settings.host, settings.port).catch(async (error: unknown) => {
    hub.close()
    await reader.close()
    throw error
  })
  const notifications = notify(settings, world, reader, metrics, origins)
  log.info({ host: server.host, port: server.port, namespace }, 'api listens')
  return {
    port: server.port,
    release: () => {
      held = false
      void board.refresh(true)
    },
    close: async () => {
      hub.close()
      await Promise.all([server.close(CLOSE_GRACE).then(() => producers.close()), notifications.stop()])
      await ledger.close()
      schedule.close()
      await proposals.close()
      await evidence.close()
      answers.close()
      await blocks.close()
      holds.close()
      deploys.close()
      runs.close()
      recent.close()
      await reader.close()
    },
  }
}

function notify(
  { redisUrl, deliver, allowPrivateWebhooks: allowPrivate }: ApiSettings,
  { namespace, env, log, print }: ApiWorld,
  reader: Reader,
  metrics: Metrics,
  origins: Origins,
): { stop(): Promise<void> } {
  if (!deliver) log.info('notifications are printed; WEIR_DELIVER=1 sends them')
  const redis = connect(redisUrl, 'query', 'weir-notifier')
  const send = deliver ? sender({ env, allowPrivate, clock: Date.now }) : printer(print)
  const notifier = startNotifier({
    reader,
    ledger: redisLedger(redis, namespace),
    clock: Date.now,
    random: Math.random,
    send: async (channel, notice) => {
      const origin = (await origins.of([notice.alert])).get(notice.alert.id) ?? null
      return send(channel, { ...notice, origin })
    },
    settled: (channel: CompiledChannel, key: string, entry: LedgerEntry) => {
      metrics.notifications.inc({ kind: channel.kind, result: entry.status })
      const detail = { channel: channel.name, notification: key, ...entry }
      if (entry.status === 'failed') log.error(detail, `notification failed: ${entry.reason}`)
      else log.info(detail, 'notification settled')
    },
    log,
  })
  return {
    stop: async () => {
      await notifier.stop()
      redis.disconnect()
    },
  }
}
