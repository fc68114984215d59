/** Which ways out a scraper may take, and what is known of them. Never another one than it says. */
import type { Refusal } from '../gate.ts'
import type { Upstream } from './upstream.ts'

/** As a scraper says it; null: direct. `names`: of proxies, null for any; `country`: two letters, null for any. */
export type ExitChoice = { names: readonly string[] | null; country: string | null } | null

export const DIRECT = 'direct'

export interface Exits {
  /** Names in random order, each checked a moment ago; or why there is none, and then nobody goes. */
  candidates(choice: ExitChoice, site: string): Promise<readonly string[] | Refusal>
  /** Of a candidate; null for `direct`. Throws where the proxy is gone from the config: nobody goes direct instead. */
  upstream(exit: string): Upstream | null
  /** Whether a visit got through: a proxy that fails at several sites is left alone for all of them. */
  tell(exit: string, site: string, failed: boolean): Promise<void>
}

/** How a scraper's choice reads. */
function choiceText(choice: ExitChoice): string {
  if (choice === null) return DIRECT
  if (choice.names !== null) return choice.names.join(', ')
  return choice.country === null ? 'any proxy' : `a proxy in ${choice.country}`
}

/** For processes without proxies. */
export const directOnly: Exits = {
  candidates: async (choice, site) =>
    choice === null ? [DIRECT] : noExit(choice, site, 'there is none here'),
  upstream: () => null,
  tell: async () => undefined,
}

export function noExit(choice: ExitChoice, site: string, why: string): Refusal {
  const detail = `${site} is visited through ${choiceText(choice)} only: ${why}`.slice(0, 300)
  return { go: false, reason: 'no_proxy', until: 0, busy: false, detail }
}
