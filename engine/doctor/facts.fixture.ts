/** A compiled config with one channel, for tests of the checks. */
import type { CompiledConfig } from '../config/compiled.ts'
import { tradesStream } from '../event/trades.fixture.ts'

export function compileTrades(): CompiledConfig {
  return {
    version: 1,
    namespace: 'weir',
    streams: [tradesStream()],
    metrics: [],
    rules: [],
    channels: [{ name: 'ops', kind: 'slack', env: 'SLACK_WEBHOOK_URL' }],
    checks: [],
    scrapers: ['./sites/*.ts'],
    board: { title: '', headline: null, promises: [], numbers: [] },
    hash: 'h',
  }
}
