/** Where the browser is. */

/** WEIR_CHROMIUM, which the roles of `weir dev` are given, or a search as `weir` makes it. Rejects with WEIR_SETUP. */
export async function findBrowser(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const named = env['WEIR_CHROMIUM']
  if (named) return named
  // Loaded only where it is needed: the search belongs to the launcher, which the scrapers do not know.
  const launch = new URL('../../launch/chromium.ts', import.meta.url).href
  const { findChromium } = (await import(launch)) as { findChromium: () => Promise<{ path: string }> }
  return (await findChromium()).path
}
