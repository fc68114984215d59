/** The order of test files, so that those which wait run beside those which compute, and no long one comes last. */

/** A test file, and the project of vitest.config.ts that it belongs to. */
export interface TestFile {
  project: string
  /** From the project's folder, with `/`. */
  path: string
}

/** About how long the long ones take on two cores, s. One that is missing or wrong here costs time and nothing else. */
export const LONG: Record<string, number> = {
  'api/board/board.browser.test.ts': 40,
  'api/board/fleet.browser.test.ts': 15,
  'api/board/live.browser.test.ts': 20,
  'api/main.redis.test.ts': 12,
  'engine/exchange/exchange.redis.test.ts': 15,
  'engine/replay/replay.redis.test.ts': 20,
  'engine/stream/cluster-client.redis.test.ts': 13,
  'scrapers/command/authoring.browser.test.ts': 30,
  'scrapers/evidence/evidence.browser.test.ts': 30,
  'scrapers/heal/heal.browser.test.ts': 15,
  'scrapers/main.redis.test.ts': 8,
  'scrapers/pool/fault-matrix.browser.test.ts': 70,
  'scrapers/pool/pool.browser.test.ts': 50,
  'scrapers/pool/relay.browser.test.ts': 15,
  'scrapers/schedule/schedule.redis.test.ts': 25,
  'scrapers/sites/world/banks.browser.test.ts': 20,
  'test/chaos.test.ts': 45,
  'test/cluster.test.ts': 40,
  'test/crash.test.ts': 50,
  'test/documentation.test.ts': 15,
  'test/failure/connection.redis.test.ts': 30,
  'test/failure/delivery.redis.test.ts': 15,
  'test/failure/failover.redis.test.ts': 13,
  'test/launch.test.ts': 45,
  'test/pages.test.ts': 25,
  'test/products.test.ts': 45,
  'test/requests.test.ts': 30,
  'test/scraper-chaos.test.ts': 40,
  'test/torture.test.ts': 30,
  'test/world.test.ts': 60,
}
const SHORT = 2

/** Two browsers at once leave no core for anything else. */
const IN_BROWSERS = ['test/pages.test.ts', 'test/products.test.ts']
const LANES: ((file: TestFile) => boolean)[] = [
  ({ project, path }) => project === 'browser' || IN_BROWSERS.includes(path),
  ({ project }) => project === 'system',
  ({ project }) => project !== 'unit',
]

/**
 * Longest first in each lane; at any place all lanes have come equally far, so that one of each runs at a time.
 * Unit tests come last: they share their processes, and fill up what is left.
 */
export function inOrder<T extends TestFile>(files: readonly T[]): T[] {
  const left = new Set([...files].toSorted((a, b) => compare(a.path, b.path)))
  const dealt: { file: T; at: number }[] = []
  for (const belongs of LANES) {
    const lane = [...left].filter(belongs).toSorted((a, b) => seconds(b) - seconds(a))
    const total = lane.reduce((sum, file) => sum + seconds(file), 0)
    let before = 0
    for (const file of lane) {
      left.delete(file)
      dealt.push({ file, at: before / total })
      before += seconds(file)
    }
  }
  return [...dealt.toSorted((a, b) => a.at - b.at).map(({ file }) => file), ...left]
}

function seconds({ path }: TestFile): number {
  return LONG[path] ?? SHORT
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
