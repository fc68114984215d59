/** What every command of people shares: the process it speaks through, and how it ends. */
import { WeirError } from '../error.ts'
import { printable } from './printable.ts'

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
    world.err(
      `${error
        .explain()
        .split('\n')
        .map((line) => printable(line))
        .join('\n')}\n`,
    )
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
