/** Starts `./weir` as people do, reads what it says, and knows every process that came of it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Launched {
  readonly child: ChildProcess
  /** Everything said so far, on stdout and stderr. */
  said(): string
  /** Resolves when the text has been said. Rejects when the launcher ends or `ms` pass without it. */
  hears(text: string | RegExp, ms: number): Promise<void>
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>
}

/** `node weir ...words`, or with `npm` the same as `npm run ...words`. */
export function launch(words: string[], env: NodeJS.ProcessEnv, by: 'node' | 'npm' = 'node'): Launched {
  const inherited = { ...process.env }
  // Neither this test's npm nor the machine's settings are those of the one we start.
  for (const name of ['npm_lifecycle_event', 'REDIS_URL', 'WEIR_CONFIG', 'WEIR_NAMESPACE', 'PORT', 'HOST'])
    delete inherited[name]
  const [program, args] =
    by === 'npm' ? ['npm', ['run', '--silent', ...words]] : [process.execPath, ['weir', ...words]]
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const listeners = new Set<() => void>()
  const keep = (chunk: Buffer): void => {
    text += String(chunk)
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  return {
    child,
    ended,
    said: () => text,
    hears: (wanted, ms) =>
      new Promise((resolve, reject) => {
        const finish = (failure: string | null): void => {
          clearTimeout(timer)
          listeners.delete(check)
          if (failure === null) resolve()
          else reject(new Error(`${failure} before ${String(wanted)} was said:\n${text}`))
        }
        const check = (): void => {
          if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) finish(null)
        }
        const timer = setTimeout(() => finish(`${ms} ms passed`), ms)
        listeners.add(check)
        void ended.then((code) => finish(`it ended with ${code}`))
        check()
      }),
  }
}

/** All processes that descend from this one, whatever group or session they are in. Linux only. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(Number(name))
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const below = (one: number): number[] =>
    (children.get(one) ?? []).flatMap((child) => [child, ...below(child)])
  return below(pid)
}

/** Those of the processes that still run; a zombie waits only for its parent and counts as gone. */
export function living(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    const state = stat(pid)?.[0]
    return state !== undefined && state !== 'Z' && state !== 'X'
  })
}

function parentOf(pid: number): number | null {
  const parent = stat(pid)?.[1]
  return parent === undefined ? null : Number(parent)
}

/** The fields after the name: state, parent, … */
function stat(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  } catch {
    return null
  }
}
