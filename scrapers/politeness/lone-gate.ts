/** A gate for a visit that nobody else could know of: by hand with no Redis there, or of a page that was recorded. */
import type { Gate } from './gate.ts'

/** Lets every visit through at once, and remembers nothing. Never for visits on a schedule. */
export function loneGate(): Gate {
  return {
    admit: async ({ exits }) => ({
      go: true,
      wait: 0,
      keeps: Number.POSITIVE_INFINITY,
      exit: exits[0] ?? 'direct',
      probe: false,
    }),
    held: async () => null,
    report: async () => null,
    robots: {
      read: async () => ({ state: 'ask' }),
      keep: async (_, __, said) => (said.state === 'rules' ? { rules: said.rules, why: null } : null),
    },
  }
}
