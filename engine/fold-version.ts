/**
 * Versions of what folds write: snapshot blocks and the committed small state. Code reads every older version, one
 * step n → n + 1 after the other, and refuses a newer one: guessing what it means would lose state in silence.
 * Pane blocks carry a version of their own (window/pane-codec.ts): clean ones outlive many rounds.
 */
import { WeirError } from './error.ts'

/** Bumped where blocks or small change so that older code would misread them; with a step in the folds' tables. */
export const FOLD_VERSION = 2

export type Blocks = ReadonlyMap<string, Buffer>
/** Turns the blocks of one version into those of the next. Pure: the blocks given stay as they are. */
export type Migration = (blocks: Blocks) => Blocks

/** `steps[i]` leads from version i + 1 to i + 2; `head` is the JSON block that names the version. */
export function migrate(blocks: Blocks, head: string, steps: readonly Migration[]): Blocks {
  let { version } = readHead(blocks, head)
  assertKnown(version)
  for (; version < FOLD_VERSION; version++) blocks = steps[version - 1]!(blocks)
  return blocks
}

interface Head {
  version: number
}

/** The step of a version that only changed its head block. */
export function headStep(head: string, change: (from: Head) => Head): Migration {
  return (blocks) => new Map([...blocks, [head, Buffer.from(JSON.stringify(change(readHead(blocks, head))))]])
}

export function readHead(blocks: Blocks, head: string): Head {
  return JSON.parse(blocks.get(head)!.toString()) as Head
}

/** Throws WEIR_NEWER where this code is older than what wrote the state. */
export function assertKnown(version: number, where?: string): void {
  if (version > FOLD_VERSION) throw newer('the state', version, FOLD_VERSION, where)
}

export function newer(what: string, version: number, known: number, where?: string): WeirError {
  return new WeirError(
    `a newer Weir wrote this: ${what} is of version ${version}, this worker reads up to ${known}.`,
    {
      code: 'WEIR_NEWER',
      domain: 'user',
      retry: false,
      ...(where !== undefined && { where }),
      todo: 'Upgrade this worker. It has changed nothing; workers of the newer version go on.',
    },
  )
}
