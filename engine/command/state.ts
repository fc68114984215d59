/** `weir state`: who owns what, how far it is, and how large; by reading only. */
import { parseArgs } from 'node:util'
import { readState } from '../state/read-state.ts'
import { stateWords, totals } from '../state/state-words.ts'
import { type CommandWorld, exitCode, PROCESS, usage } from './command.ts'
import { namespaceOf, reach, redisUrlOf } from './ingest-target.ts'
import { printable, printableJson } from './printable.ts'

const USAGE = `weir state [--json] [--config FILE]

Owners, leases, positions, lag, snapshots and sizes of all partitions, live workers and the newest config, as
Redis has them. Changes nothing. --config: the file that names the namespace (default: WEIR_CONFIG, else
streams.config.ts); WEIR_NAMESPACE goes before it.
`

interface Options {
  json: boolean
  config: string | null
}

/** Runs the command with the words after `state`; resolves to the exit code. */
export function run(argv: string[], world: CommandWorld = PROCESS): Promise<number> {
  return exitCode(world, async () => {
    const options = optionsOf(argv)
    if (options === null) world.out(USAGE)
    else await show(options, world)
    return 0
  })
}

async function show(options: Options, world: CommandWorld): Promise<void> {
  const url = redisUrlOf(world.env)
  const namespace = await namespaceOf(options.config, world.env)
  const redis = await reach(url)
  try {
    const state = await readState(redis, namespace)
    if (options.json) world.out(`${printableJson({ ...state, streams: totals(state.partitions) })}\n`)
    else
      world.out(
        stateWords(state)
          .split('\n')
          .map((line) => printable(line))
          .join('\n'),
      )
  } finally {
    redis.disconnect()
  }
}

function optionsOf(argv: string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        json: { type: 'boolean' },
        config: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    return values.help === true ? null : { json: values.json ?? false, config: values.config ?? null }
  } catch (error) {
    throw usage('weir state', (error as Error).message, 'Say: weir state [--json] [--config FILE]')
  }
}
