/** `weir state`: who owns what, how far it is, and how large; by reading only. */
import { readState } from '../state/read-state.ts'
import { stateWords, totals } from '../state/state-words.ts'
import { type CommandWorld, exitCode, PROCESS, showOptions, type ShowOptions } from './command.ts'
import { namespaceOf, reach, redisUrlOf } from './ingest-target.ts'
import { printableJson, printableLines } from './printable.ts'

const USAGE = `weir state [--json] [--config FILE]

Owners, leases, positions, lag, snapshots and sizes of all partitions, live workers and the newest config, as
Redis has them. Changes nothing. --config: the file that names the namespace (default: WEIR_CONFIG, else
streams.config.ts); WEIR_NAMESPACE goes before it.
`

/** Runs the command with the words after `state`; resolves to the exit code. */
export function run(argv: string[], world: CommandWorld = PROCESS): Promise<number> {
  return exitCode(world, async () => {
    const options = showOptions('weir state', argv)
    if (options === null) world.out(USAGE)
    else await show(options, world)
    return 0
  })
}

async function show(options: ShowOptions, world: CommandWorld): Promise<void> {
  const url = redisUrlOf(world.env)
  const namespace = await namespaceOf(options.config, world.env)
  const redis = await reach(url)
  try {
    const state = await readState(redis, namespace)
    if (options.json) world.out(`${printableJson({ ...state, streams: totals(state.partitions) })}\n`)
    else world.out(printableLines(stateWords(state)))
  } finally {
    redis.disconnect()
  }
}
