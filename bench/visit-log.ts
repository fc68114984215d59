/** What a site's log of arrivals says about those who visit it. */

/** The most arrivals within any `span`, wherever it begins; `arrivals` in order. */
export function mostWithin(arrivals: readonly number[], span: number): number {
  let most = 0
  let from = 0
  for (const [i, at] of arrivals.entries()) {
    while (at - arrivals[from]! > span) from += 1
    most = Math.max(most, i - from + 1)
  }
  return most
}

/** Jain's fairness index: 1 where all got the same, 1/n where one got everything. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((all, share) => all + share, 0)
  const squares = shares.reduce((all, share) => all + share * share, 0)
  return (sum * sum) / (shares.length * squares)
}
