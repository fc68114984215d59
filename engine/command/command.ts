/** What every command of people shares: the process it speaks through, and how it ends. */
import { parseArgs } from 'node:util'
import { WeirError } from '../error.ts'
import { printableLines } from './printable.ts'

/** What a command takes from its process. */
export interface CommandWorld {
  env: Readonly<Record<string, string | undefined>>
  out: (text: string) => void
  err: (text: string) => void
}

export const PROCESS: CommandWorld = {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
}

/** Runs a command to its exit code. What is told to people as an error is explained: 2 for wrong words, else 1. */
export async function exitCode(world: CommandWorld, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    world.err(`${printableLines(error.explain())}\n`)
    return error.code === 'WEIR_USAGE' ? 2 : 1
  }
}

/** The error for words that a command does not know. */
export function usage(command: string, what: string, todo: string): WeirError {
  return new WeirError(`${what.replace(/\.$/, '')}.`, {
    code: 'WEIR_USAGE',
    domain: 'user',
    retry: false,
    where: command,
    todo,
  })
}

export interface ShowOptions {
  json: boolean
  config: string | null
}

/** Options of a command that only shows: `--json`, `--config FILE`. Null: help is asked for. */
export function showOptions(command: string, argv: string[]): ShowOptions | null {
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
    throw usage(command, (error as Error).message, `Say: ${command} [--json] [--config FILE]`)
  }
}
