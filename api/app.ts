/**
 * Read first: the API as one function of what it speaks to. A request is counted, passes the guard, reaches its
 * route, and whatever goes wrong on the way ends as Problem JSON. No GET changes state.
 */
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import type { Reader } from '../engine/index.ts'
import { readAccounting } from './http/accounting.ts'
import { listAlerts, type AlertDeps } from './http/alert.ts'
import { answerRoutes, type AnswerDeps } from './http/answer.ts'
import { listBatches } from './http/batch.ts'
import { listBlocks, type BlockDeps } from './http/block.ts'
import { deadRoutes, type DeadDeps } from './http/dead.ts'
import { postEvents, type EventDeps } from './http/event.ts'
import { evidenceRoutes, type EvidenceDeps } from './http/evidence.ts'
import { readFleet, type FleetDeps } from './http/fleet.ts'
import { guard, type GuardSettings } from './http/guard.ts'
import { answerReady, needsRedis } from './http/health.ts'
import { holdRoutes, type HoldDeps } from './http/hold.ts'
import { listKpis, readKpi, readSeries } from './http/kpi.ts'
import { markRoutes, type MarkDeps } from './http/mark.ts'
import type { Metrics } from './http/metrics.ts'
import { proposalRoutes, type ProposalDeps } from './http/proposal.ts'
import { problem, problemOf, REDIS_AWAY, type Problem } from './http/problem.ts'
import { listRuns, type RunDeps } from './http/run.ts'
import { coverageRoute, type CoverageDeps } from './http/coverage.ts'
import { scraperRoutes, type ScraperDeps } from './http/scraper.ts'

export interface AppDeps
  extends
    EventDeps,
    DeadDeps,
    EvidenceDeps,
    AnswerDeps,
    ScraperDeps,
    BlockDeps,
    HoldDeps,
    AlertDeps,
    MarkDeps,
    RunDeps,
    CoverageDeps,
    ProposalDeps,
    FleetDeps {
  reader: Reader
  clock: () => number
  settings: GuardSettings
  metrics: Metrics
  /** Whether readiness is held back by the process that started us. */
  held: () => boolean
  /** `WS /v1/live`: the upgrade, or an answer that says why not. */
  live: MiddlewareHandler
  /** The wallboard's page and files. */
  page: Hono
  log: { error(detail: object, message: string): void }
}

export function createApp(deps: AppDeps): Hono {
  const { reader, clock, metrics } = deps
  const app = new Hono()
  const redisThere = needsRedis(reader)
  app.use(metrics.middleware)
  app.use(guard(deps.settings))

  app.get('/v1/kpis', (c) => listKpis(c, deps))
  app.get('/v1/kpis/:metric', (c) => readKpi(c, deps))
  app.get('/v1/series/:metric', redisThere, (c) => readSeries(c, deps))
  app.get('/v1/alerts', (c) => listAlerts(c, deps))
  app.get('/v1/accounting', redisThere, (c) => readAccounting(c, deps))
  app.post('/v1/events/:stream', (c) => postEvents(c, deps))
  app.route('/v1/dead', deadRoutes(deps))
  app.get('/v1/blocks', redisThere, (c) => listBlocks(c, deps))
  app.route('/v1/holds', holdRoutes(deps))
  app.route('/v1/evidence', evidenceRoutes(deps))
  app.route('/v1/answers', answerRoutes(deps))
  app.route('/v1/scrapers', scraperRoutes(deps))
  app.route('/v1/marks', markRoutes(deps))
  app.get('/v1/runs', redisThere, (c) => listRuns(c, deps))
  app.get('/v1/batches', (c) => listBatches(c, deps))
  app.get('/v1/coverage', redisThere, coverageRoute(deps))
  app.route('/v1/proposals', proposalRoutes(deps))
  app.get('/v1/fleet', redisThere, (c) => readFleet(c, deps))
  app.get('/v1/live', deps.live, (c) => problem(c, UPGRADE_NEEDED))
  app.get('/healthz', (c) => c.json({ alive: true, now: clock() }))
  app.get('/readyz', (c) => answerReady(c, reader.health(), deps.held()))
  app.get('/metrics', async (c) => c.text(await metrics.text(), 200, { 'content-type': metrics.contentType }))
  app.route('/', deps.page)

  app.notFound((c) => problem(c, notFound(c, app)))
  app.onError((error, c) => {
    const answer = problemOf(error)
    // In the second before health notices, what fails may fail in any way.
    if (answer.status === 500 && !reader.health().redis.ok) return problem(c, REDIS_AWAY)
    if (answer.status === 500) deps.log.error({ err: error, path: c.req.path }, 'request failed')
    return problem(c, answer)
  })
  return app
}

const UPGRADE_NEEDED: Problem = {
  status: 426,
  title: 'WebSocket only',
  detail: 'This address speaks WebSocket.',
  todo: 'Open it with a WebSocket client; docs/api.md has the messages.',
  headers: { upgrade: 'websocket', connection: 'upgrade' },
}

/** 405 with `Allow` where the path exists under another method, else 404. */
function notFound(c: Context, app: Hono): Problem {
  const methods = new Set<string>()
  for (const route of app.routes) {
    if (route.method !== 'ALL' && covers(route.path, c.req.path)) methods.add(route.method)
  }
  if (methods.size === 0) {
    return {
      status: 404,
      title: 'Not found',
      detail: 'There is nothing at this address.',
      todo: 'See docs/api.md for what there is.',
    }
  }
  if (methods.has('GET')) methods.add('HEAD')
  const allow = [...methods].join(', ')
  return {
    status: 405,
    title: 'Method not allowed',
    detail: `${c.req.method.slice(0, 20)} is not for this address.`,
    todo: `Use ${allow}.`,
    headers: { allow },
  }
}

function covers(pattern: string, path: string): boolean {
  const parts = pattern.split('/')
  const given = path.split('/')
  return parts.length === given.length && parts.every((part, i) => part.startsWith(':') || part === given[i])
}
