/** After a visit: the gate hears what became of it, and the exit whether it got through. */
import type { Exits } from './exit/exit.ts'
import type { Consequence, Gate, Visited } from './gate.ts'
import type { Turn } from './turn.ts'

/** Never rejects. */
export async function learnFrom(
  gate: Gate,
  exits: Exits,
  { visit, exit }: Turn,
  visited: Visited,
): Promise<Consequence | null> {
  const { outcome } = visited
  if (outcome !== 'skipped' && outcome !== 'crashed') {
    // What is known of a proxy is worth no failure.
    await exits.tell(exit, visit.site, outcome === 'proxy_failed').catch(() => undefined)
  }
  return gate.report(visit, visited)
}
