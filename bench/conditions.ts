/** Under what conditions a benchmark ran: printed with its result, so that a noisy figure can be recognised. */
import { cpus, loadavg } from 'node:os'

/** One line, such as `2 × Xeon, load 0.1 0.2 0.3, Node 20.19.0, redis 7.0.15`. `server`: what serves, if anything. */
export function conditions(server = ''): string {
  const cores = cpus()
  const load = loadavg().map((average) => average.toFixed(1))
  const parts = [
    `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown core'}`,
    `load ${load.join(' ')}`,
    `Node ${process.versions.node}`,
    server,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

/** Name and version of a server, from its `INFO server`. */
export function serverVersion(info: string): string {
  const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1]
  if (valkey !== undefined) return `Valkey ${valkey}`
  return `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown'}`
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
