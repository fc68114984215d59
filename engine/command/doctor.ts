/** `weir doctor`: looks for what would go wrong, says what to do, and changes nothing. */
import { diagnose, findingWords } from '../doctor/diagnose.ts'
import { readFacts } from '../doctor/read-facts.ts'
import { WeirError } from '../error.ts'
import { type CommandWorld, exitCode, PROCESS, showOptions, type ShowOptions } from './command.ts'
import { redisUrlOf } from './ingest-target.ts'
import { printableJson, printableLines } from './printable.ts'

const USAGE = `weir doctor [--json] [--config FILE]

Looks at Redis, the config, the environment and this machine, and says what to do. Changes nothing and prints no
secret. A line per check: ok, warn or fail. Exit code 1 if any failed.
`

/** Runs the command with the words after `doctor`; resolves to the exit code. */
export function run(argv: string[], world: CommandWorld = PROCESS): Promise<number> {
  return exitCode(world, async () => {
    const options = showOptions('weir doctor', argv)
    if (options !== null) return look(options, world)
    world.out(USAGE)
    return 0
  })
}

async function look({ json, config }: ShowOptions, world: CommandWorld): Promise<number> {
  const path = config ?? (world.env['WEIR_CONFIG'] || 'streams.config.ts')
  const findings = diagnose(await readFacts(urlOf(world), path, world.env))
  if (json) for (const finding of findings) world.out(`${printableJson(finding)}\n`)
  else world.out(printableLines(findingWords(findings)))
  return findings.some(({ verdict }) => verdict === 'fail') ? 1 : 0
}

function urlOf({ env }: CommandWorld): string | WeirError {
  try {
    return redisUrlOf(env)
  } catch (error) {
    if (error instanceof WeirError) return error
    throw error
  }
}
