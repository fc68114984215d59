/** Whether a page is the page: enough of its landmarks are there. */

/** Share of landmarks that must be there. */
export const IDENTITY_SHARE = 2 / 3

/** A scraper without landmarks knows no other page: it passes. */
export function identityPasses(matched: boolean[]): boolean {
  if (matched.length === 0) return true
  return matched.filter(Boolean).length / matched.length >= IDENTITY_SHARE - 1e-9
}
