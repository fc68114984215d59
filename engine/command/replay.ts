/** `weir replay`: what the log in Redis comes to, under the configurations that were in force or under another. */
import type { TimedChange } from '../replay/alert-log.ts'
import type { LogStart } from '../replay/log-start.ts'
import { replay, type ReplayReport } from '../replay/replay.ts'
import { type CommandWorld, exitCode, PROCESS } from './command.ts'
import { namespaceOf, reach, redisUrlOf } from './ingest-target.ts'
import { printable, printableJson } from './printable.ts'
import { REPLAY_USAGE, type ReplayOptions, replayOptions } from './replay-options.ts'

/** Runs the command with the words after `replay`; resolves to the exit code. `now`: ms. */
export function run(argv: string[], world: CommandWorld = PROCESS, now = Date.now()): Promise<number> {
  return exitCode(world, async () => {
    const options = replayOptions(argv, now)
    if (options === null) world.out(REPLAY_USAGE)
    else await show(options, world)
    return 0
  })
}

async function show(options: ReplayOptions, world: CommandWorld): Promise<void> {
  const url = redisUrlOf(world.env)
  const config = options.config === null ? null : await load(options.config, world)
  const namespace = config?.namespace ?? (await namespaceOf(null, world.env))
  const say = (line: string): void => world.out(`${printable(line)}\n`)
  const json = (type: string, value: object): void => world.out(`${printableJson({ type, ...value })}\n`)
  const redis = await reach(url)
  try {
    const target = {
      redis,
      namespace,
      ...(config === null ? {} : { config }),
      ...(options.stream === null ? {} : { stream: options.stream }),
      ...(options.from === null ? {} : { from: options.from }),
      ...(options.to === null ? {} : { to: options.to }),
    }
    const report = await replay(target, {
      started: (starts) =>
        options.json
          ? json('start', { partitions: starts })
          : startWords(starts, options.from).forEach((line) => say(line)),
      alert: (change) => {
        if (options.json) json('alert', change)
        else if (change.event !== 'updated') say(changeWords(change))
      },
    })
    if (options.json) json('summary', report)
    else for (const line of reportWords(report)) say(line)
  } finally {
    redis.disconnect()
  }
}

async function load(path: string, world: CommandWorld) {
  // Only here: what runs config files takes long to start.
  const { loadConfig } = await import('../config/load.ts')
  return loadConfig(path, world.env)
}

/** How far back each log reaches, where that is not its beginning. */
export function startWords(starts: readonly LogStart[], from: number | null): string[] {
  if (starts.length === 0) return ['There is nothing in the log yet.']
  return starts.flatMap(({ partition, kind, first, gone }) => {
    const older = `${count(gone, 'older entry', 'older entries')} ${gone === 1 ? 'is' : 'are'} no longer there`
    switch (kind) {
      case 'beginning':
        return []
      case 'snapshot':
        return [`Note: ${partition}: ${older}; the replay starts from the snapshot of ${clock(first)}.`]
      case 'trimmed':
        return [
          `Note: ${partition} begins at ${clock(first)}: ${older}. Windows and averages that reach further back begin empty there, and alerts that were open then fire again.${from === null ? '' : ' No snapshot is older than --from.'}`,
        ]
    }
  })
}

function changeWords({ at, event, alert }: TimedChange): string {
  const what = event === 'fired' ? `fired     ${alert.severity.padEnd(8)}` : 'resolved          '
  return `${clock(at)}  ${what}  ${alert.rule}  ${alert.sentence}`
}

function reportWords({ entries, streams, metrics }: ReplayReport): string[] {
  const counts = Object.entries(streams).map(
    ([name, { counted, duplicate, late, dead, missing }]) =>
      `  ${name}: counted ${number(counted)}, duplicate ${number(duplicate)}, late ${number(late)}, dead ${number(dead)}, missing ${number(missing)}`,
  )
  const totals = Object.entries(metrics).map(
    ([name, { groups, points, fired, resolved }]) =>
      `  ${name}: ${count(groups, 'group')}, ${count(points, 'point')}, ${number(fired)} fired, ${number(resolved)} resolved`,
  )
  return [
    `Replayed ${count(entries, 'entry', 'entries')}; nothing was written.`,
    'Streams',
    ...counts,
    'Metrics',
    ...totals,
  ]
}

function clock(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`
}

function number(n: number): string {
  return n.toLocaleString('en-US')
}
