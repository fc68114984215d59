/**
 * The auditor: `audit.ts FOLDER`, a process that nobody kills. It reads the logs of the tortured stream along with the
 * engine, counts different rows by itself, and compares at one position: what a partition has counted up to its
 * committed entry, with what its log holds up to that entry. What the producers' ledgers say was acknowledged must be
 * there too.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, reportAudit } from '../../engine/index.ts'
import { Auditor } from './auditor.ts'
import type { Found } from './oracle.ts'

const EVERY_MS = 500

/** What the launcher tells: how many were killed so far, and whether all is sent and must come out now. */
export type ToAudit = { type: 'kills'; kills: number } | { type: 'settle' }
export interface FromAudit extends Found {
  type: 'found'
  /** Whether everything that was acknowledged is compared. */
  settled: boolean
}

const namespace = process.env['WEIR_NAMESPACE']!
const redis = connect(process.env['REDIS_URL']!, 'query', 'weir-audit')
const auditor = new Auditor(redis, namespace, process.argv[2]!)
let kills = 0
let settling = false

process.on('message', (message: ToAudit) => {
  if (message.type === 'kills') kills = message.kills
  else settling = true
})
process.send?.({ type: 'ready' })

for (;;) {
  try {
    const { settled, ...found } = await auditor.look(settling)
    await reportAudit(redis, namespace, { ...found, kills })
    process.send?.({ type: 'found', ...found, settled } satisfies FromAudit)
  } catch {
    // Redis is away, as it is now and then here; the next look goes on where this one was.
  }
  await sleep(EVERY_MS)
}
