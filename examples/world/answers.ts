/** The answer sheet: which alerts a monitor must raise in the world of a seed, all of them and no others. */
import { dealt } from './deal.ts'

export interface Answer {
  /** Id of the rule that must fire. */
  rule: string
  group: Record<string, string>
  outcome?: string
  /** The field that the monitor must name. */
  field?: string
}

/** The alerts that are right in the world of `seed`, once every fault has begun. An empty account is none. */
export function answers(seed: number): Answer[] {
  const deal = dealt(seed)
  const struck = deal.plights.flatMap(({ bank, fault }): Answer[] => {
    const group = { scraper: bank }
    switch (fault) {
      case 'renames':
        return [
          { rule: 'changed', group, outcome: 'layout_changed', field: 'balance' },
          { rule: 'fields-lost', group: { template: bank }, field: 'balance' },
        ]
      case 'down':
        return [{ rule: 'down', group, outcome: 'site_down' }]
      case 'throttled':
        return [{ rule: 'throttled', group, outcome: 'rate_limited' }]
      case 'challenge':
        return [{ rule: 'blocked', group, outcome: 'blocked' }]
      case 'slow':
        return [{ rule: 'slow', group }]
      case 'empty':
        return []
    }
  })
  return [...struck, { rule: 'surge', group: { pair: deal.surge.coin } }]
}
