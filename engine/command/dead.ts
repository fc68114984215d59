/** `weir dead`: looks through the rows that were not counted, sends them again, or takes them away. */
import type { CompiledStream } from '../config/compiled.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { openLedger } from '../ledger/redis-ledger.ts'
import { type CommandWorld, exitCode, PROCESS } from './command.ts'
import { DEAD_USAGE, type DeadOptions, deadOptions } from './dead-options.ts'
import { letterWords, pageWords } from './dead-words.ts'
import { findStream, reach, redisUrlOf } from './ingest-target.ts'
import { printable, printableJson } from './printable.ts'

/** Runs the command with the words after `dead`; resolves to the exit code: 1 where one could not be done. */
export function run(argv: string[], world: CommandWorld = PROCESS): Promise<number> {
  return exitCode(world, async () => {
    const options = deadOptions(argv)
    if (options !== null) return look(options, world)
    world.out(DEAD_USAGE)
    return 0
  })
}

async function look(options: DeadOptions, world: CommandWorld): Promise<number> {
  const redisUrl = redisUrlOf(world.env)
  const redis = await reach(redisUrl)
  const found = await findStream(redis, options.stream, options.config, world.env).finally(() =>
    redis.disconnect(),
  )
  const ledger = openLedger(redisUrl, found.namespace)
  try {
    switch (options.verb) {
      case 'list':
        return await list(ledger, found.stream, options, world)
      case 'show':
        return await show(ledger, found.stream, options, world)
      case 'replay':
      case 'drop':
        return await settle(ledger, found.stream, options, world)
    }
  } finally {
    await ledger.close()
  }
}

async function list(
  ledger: Ledger,
  stream: CompiledStream,
  { kind, reason, cursor, limit, json }: DeadOptions,
  world: CommandWorld,
): Promise<number> {
  const page = await ledger.list(stream, {
    kind,
    limit,
    ...(reason === null ? {} : { reason }),
    ...(cursor === null ? {} : { cursor }),
  })
  if (json) for (const letter of page.letters) world.out(`${printableJson(letter)}\n`)
  const more = `weir dead list --stream ${stream.name}${kind === 'late' ? ' --late' : ''}`
  if (!json) world.out(pageWords(page, more))
  return 0
}

async function show(
  ledger: Ledger,
  stream: CompiledStream,
  { ids: [id = ''], json }: DeadOptions,
  world: CommandWorld,
): Promise<number> {
  const letter = await ledger.show(stream, id)
  if (letter !== null) world.out(json ? `${printableJson(letter)}\n` : letterWords(letter))
  else world.err(`${printable(id, 60)}: there is no such letter in ${stream.name}.\n`)
  return letter === null ? 1 : 0
}

/** Replays or drops the letters named or selected, one after the other, and says what became of each. */
async function settle(
  ledger: Ledger,
  stream: CompiledStream,
  { verb, ids, kind, reason, limit, json }: DeadOptions,
  world: CommandWorld,
): Promise<number> {
  const selected =
    ids.length > 0
      ? ids
      : (await ledger.list(stream, { kind, limit, ...(reason === null ? {} : { reason }) })).letters.map(
          ({ id }) => id,
        )
  let failed = 0
  for (const id of selected) {
    const why = verb === 'drop' ? await dropped(ledger, stream, id) : await replayed(ledger, stream, id)
    if (why !== null) failed++
    const done = verb === 'drop' ? 'dropped' : 'replayed'
    if (json) world.out(`${printableJson({ id, [done]: why === null, ...(why === null ? {} : { why }) })}\n`)
    else world.out(`${printable(id, 60)}  ${why === null ? done : `not ${done}: ${printable(why, 400)}`}\n`)
  }
  if (!json)
    world.out(
      `${selected.length - failed} of ${selected.length} ${verb === 'drop' ? 'dropped' : 'replayed'}.\n`,
    )
  return failed > 0 ? 1 : 0
}

/** Null when done, else why not. */
async function dropped(ledger: Ledger, stream: CompiledStream, id: string): Promise<string | null> {
  return (await ledger.drop(stream, id)) ? null : 'there is no such letter.'
}

async function replayed(ledger: Ledger, stream: CompiledStream, id: string): Promise<string | null> {
  const told = await ledger.replay(stream, id)
  return told.ok ? null : `${told.says} ${told.todo}`
}
