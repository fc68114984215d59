/**
 * A configuration at work without a server, for users' own tests: the same folds as live, over the logs that the
 * events would have made, in virtual time.
 */
import { ACCOUNTING } from '../accounting/event.ts'
import { declared } from '../config/merged-stream.ts'
import type { Authored } from '../config/define.ts'
import type { AlertRow } from '../alert/row.ts'
import { compile } from '../config/compile.ts'
import type { Outputs } from '../commit/folding.ts'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import { here } from '../config/explain.ts'
import { ConfigError } from '../config/mistake.ts'
import { suggest } from '../config/nearest.ts'
import { WeirError } from '../error.ts'
import { decode } from '../event/decode.ts'
import { PartitionFold } from '../fold.ts'
import { TURN } from '../window/turns.ts'
import { AlertLog } from './alert-log.ts'
import { MergedRun, type MergedStep } from './merged-run.ts'
import { MemoryLog } from './memory-log.ts'
import { ticks, toldRows } from './partition-run.ts'
import { type Arrival, arrivalsOf, type SimulatedEvent, type Time, timeOf } from './simulated-events.ts'
import { logsOf, type RawEntry } from './simulated-log.ts'
import { type Simulation, SimulatedWorld } from './simulated-world.ts'

export interface SimulateOptions {
  /** When the engine starts; default: when the first event arrives. */
  from?: Time
  /** Time runs on until then, and what arrives later is not read. Default: until the last event's 10 s are over. */
  until?: Time
}

/** A partition's verdicts at one moment. */
interface Told {
  ms: number
  source: string
  rows: AlertRow[]
}

/** Control state of a simulation: there is one, from the beginning. */
const CONTROL = '1-0'
/** History counts as quiet, and is shown as it stands, this long after its last event (see engine/fold.ts). */
const SHOWN_AFTER = 2000

/**
 * Runs `events` (per stream, in any order) through what `defineConfig` returns. Reads no clock and no randomness.
 * Throws ConfigError where the config has mistakes, WEIR_STREAM_UNKNOWN, and WEIR_QUERY where a time cannot be read.
 */
export function simulate(
  config: Authored | CompiledConfig,
  events: Readonly<Record<string, readonly SimulatedEvent[]>>,
  options: SimulateOptions = {},
): Simulation {
  const compiled = compiledOf(config)
  const arrivals = arrivalsByStream(compiled, events)
  const all = [...arrivals.values()]
  const first = Math.min(...all.map((some) => some[0]?.ms ?? Number.POSITIVE_INFINITY))
  const last = Math.max(...all.map((some) => some.at(-1)?.ms ?? Number.NEGATIVE_INFINITY))
  const until = options.until === undefined ? settled(compiled, last) : timeOf(options.until, 'until')
  const from = options.from === undefined ? first : timeOf(options.from, 'from')
  const world = new SimulatedWorld(compiled, until)
  const told: Told[] = []
  const time = { from, until }
  const accounted: Arrival[] = []
  // The stream that is told of all others comes last.
  const inOrder = declared(compiled.streams).toSorted((a, b) => Number(isWatcher(a)) - Number(isWatcher(b)))
  for (const stream of inOrder) {
    const given = arrivals.get(stream.name) ?? []
    const arriving = isWatcher(stream) ? [...given, ...accounted].sort((a, b) => a.ms - b.ms) : given
    const logs = logsOf(stream, arriving)
    const ran = logs.map((log, partition) => run(compiled, stream, partition, log, time, world))
    for (const one of ran) told.push(...one.told)
    for (const one of ran) accounted.push(...one.accounted)
    const merged = compiled.streams.find(({ merges }) => merges === stream.name)
    if (merged !== undefined) told.push(...runMerged(compiled, merged, ran, time, world))
  }
  const alerts = new AlertLog()
  for (const { ms, source, rows } of told.sort((a, b) => a.ms - b.ms))
    world.alerts.push(...alerts.tell(source, rows, ms))
  return world
}

/** What became of one partition. */
interface Ran {
  told: Told[]
  /** For the merged stream, by log time (ms). */
  sent: { ms: number; partials: Outputs['partials'] }[]
  /** For the stream `accounting`. */
  accounted: Arrival[]
  seen: MemoryLog
}

const isWatcher = ({ name }: CompiledStream): boolean => name === ACCOUNTING

/** One partition from its first entry to the end of time; alerts need all of them in order, and come after. */
function run(
  config: CompiledConfig,
  stream: CompiledStream,
  partition: number,
  log: RawEntry[],
  time: { from: number; until: number },
  world: SimulatedWorld,
): Ran {
  const fold = new PartitionFold(stream.name, partition, CONTROL, () => config)
  const source = `${stream.name}.${partition}`
  const seen = new MemoryLog()
  const ran: Ran = { told: [], sent: [], accounted: [], seen }
  const take = (ms: number): void => {
    const outputs = fold.take()
    world.add(stream, partition, outputs, ms)
    if (outputs.partials.length > 0) ran.sent.push({ ms, partials: outputs.partials })
    for (const row of outputs.accounted) ran.accounted.push({ ms, row: { ...row }, origin: source })
    if (outputs.told.length === 0) return
    ran.told.push({ ms, source, rows: toldRows(fold, outputs, (_, look) => seen.evidence(look)) })
  }
  let now = time.from
  const pass = (until: number): void => {
    for (const tick of ticks(fold, now, until)) {
      fold.step(tick)
      take(tick.ms)
    }
    now = Math.max(now, until)
  }
  for (const [id, fields] of log) {
    const entry = decode(id, fields)
    if (entry.ms > time.until) break
    pass(entry.ms)
    seen.add(entry)
    fold.step(entry)
    take(entry.ms)
  }
  pass(time.until)
  world.account(stream, fold.small())
  return ran
}

/** The merged stream, from what the partitions `ran` have sent. */
function runMerged(
  config: CompiledConfig,
  stream: CompiledStream,
  ran: readonly Ran[],
  time: { from: number; until: number },
  world: SimulatedWorld,
): Told[] {
  const told: Told[] = []
  const take = ({ ms, fold, outputs }: MergedStep): void => {
    world.add(stream, fold.partition, outputs, ms)
    if (outputs.told.length === 0) return
    const rows = toldRows(fold, outputs, (source, look) => ran[source]!.seen.evidence(look))
    told.push({ ms, source: `${stream.name}.${fold.partition}`, rows })
  }
  const run = new MergedRun(stream, config, CONTROL, time.from)
  const sent = ran.flatMap((one, source) => one.sent.map((some) => ({ ...some, source })))
  for (const { ms, source, partials } of sent.sort((a, b) => a.ms - b.ms)) {
    for (const step of run.feed(ms, source, partials)) take(step)
  }
  for (const step of run.pass(time.until)) take(step)
  return told
}

function compiledOf(config: Authored | CompiledConfig): CompiledConfig {
  if ('version' in config) return config
  // Checks belong to the scrapers, and may be in files.
  const spec = { ...config.spec, checks: undefined }
  const { config: compiled, mistakes } = compile({ ...config, spec }, { checkFile: () => null })
  if (mistakes.length === 0) return compiled
  const explained = mistakes.map(({ source, what, todo }) => ({
    where: source ? `${here(source.file)}:${source.line}:${source.column}` : 'config',
    what,
    todo,
  }))
  throw new ConfigError(explained, [])
}

function arrivalsByStream(
  config: CompiledConfig,
  events: Readonly<Record<string, readonly SimulatedEvent[]>>,
): Map<string, Arrival[]> {
  const arrivals = new Map<string, Arrival[]>()
  for (const [name, some] of Object.entries(events)) {
    const stream = config.streams.find((one) => one.name === name)
    if (stream === undefined) {
      throw new WeirError(`there is no stream "${name}".`, {
        code: 'WEIR_STREAM_UNKNOWN',
        domain: 'user',
        retry: false,
        where: 'simulate',
        todo: suggest(
          name,
          config.streams.map((one) => one.name),
        ),
      })
    }
    arrivals.set(name, arrivalsOf(stream, some))
  }
  return arrivals
}

/** When the 10 s that `last` falls into have been closed and read on every stream. */
function settled(config: CompiledConfig, last: number): number {
  const disorder = Math.max(...config.streams.map((stream) => stream.disorder))
  return Math.max((Math.floor(last / TURN) + 1) * TURN + disorder, last + SHOWN_AFTER)
}
