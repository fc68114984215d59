/** Where the time goes: a sampled profile of a stretch of a benchmark, as self time per function. */
import { Session } from 'node:inspector/promises'
import { basename } from 'node:path'

/** Starts sampling; the function returned stops it and gives the `most` functions by self time, one line each. */
export async function profile(most = 20): Promise<() => Promise<string[]>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.start')
  return async () => {
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    const functions = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
    const self = new Map<string, number>()
    const deltas = profile.timeDeltas ?? []
    for (const [i, id] of (profile.samples ?? []).entries()) {
      const { functionName, url } = functions.get(id)!
      const name = `${functionName || '(anonymous)'} ${basename(url)}`
      self.set(name, (self.get(name) ?? 0) + deltas[i]!)
    }
    const total = deltas.reduce((sum, delta) => sum + delta, 0)
    return [...self]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([name, time]) => `${((100 * time) / total).toFixed(1).padStart(6)} %  ${name}`)
  }
}
