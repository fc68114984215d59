/** Whatever arrives, a worker's memory has a bound, and what is good is counted all the same (I14). */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { batchFields } from '../../engine/event/entry.ts'
import { startRole } from '../harness/role.ts'
import { becomes, CONFIG, logOf, LOGS, type Trial, trial } from './trial.ts'

/** Heap the engine may use, MB; beyond it the process ends. */
const HEAP = 160
const ROUNDS = 8

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}

/** One round of everything at once; nothing of it names a group, a producer or a text that came before. */
function hostile(round: number): string[][] {
  const now = Date.now()
  const name = (i: number): string => `${round}.${i}.${'é'.repeat(60)}`
  const batch = (from: string, seq: number, columns: Record<string, unknown[]>): string[] =>
    batchFields(from, seq, columns['k']!.length, 'x', now, JSON.stringify(columns))
  const rows = (n: number, k: (i: number) => unknown): Record<string, unknown[]> => ({
    at: Array.from({ length: n }, () => now),
    k: Array.from({ length: n }, (_, i) => k(i)),
    v: Array.from({ length: n }, () => 0),
  })
  const entries: string[][] = [
    // Groups without end.
    batch(`groups~${now}~${round}`, 0, rows(2000, name)),
    // Texts as long as an entry may be, and longer.
    ['at', String(now), 'k', 'x'.repeat(900_000), 'v', '1'],
    ['at', String(now), 'k', 'x', 'v', '1', 'junk', 'y'.repeat(1_200_000)],
    batch('deep', round, { ...rows(1, () => 'd'), z: [JSON.parse('['.repeat(500) + ']'.repeat(500))] }),
    // Letters without end.
    batch(
      'letters',
      round * 5000,
      rows(5000, () => null),
    ),
    ['weir', 'batch/1', 'from', 'liar', 'seq', '0', 'n', '99999', 'cols', '{}'],
    ['weir', 'control/1', 'id', `${now}-${round}`],
  ]
  // Producers, holes and ids without end.
  for (let i = 0; i < 150; i++) {
    entries.push(
      batch(
        name(i),
        7,
        rows(1, () => 'p'),
      ),
      batch(
        'holes',
        10 * (round * 150 + i),
        rows(1, () => 'h'),
      ),
    )
    entries.push(['at', String(now), 'k', 'i', 'v', '0', 'id', name(i)])
  }
  return entries
}

async function attack(trial: Trial, from: number, to: number): Promise<void> {
  for (let round = from; round < to; round++) {
    for (const log of LOGS) {
      const pipeline = trial.redis.pipeline()
      for (const fields of hostile(round)) pipeline.xadd(log, '*', ...fields)
      await pipeline.exec()
    }
  }
  await becomes(async () => (await trial.accounts()).behind, 0, 60_000)
}

test(
  'producers, groups, ids, holes, letters, control states and texts without end: the heap has a bound',
  trial(async (trial) => {
    const engine = await startRole('engine', {
      REDIS_URL: trial.server.url,
      WEIR_CONFIG: CONFIG,
      NODE_OPTIONS: `--max-old-space-size=${HEAP}`,
    })
    try {
      const producer = await trial.producer()
      await attack(trial, 0, ROUNDS / 2)
      const half = residentMb(engine.pid)
      await attack(trial, ROUNDS / 2, ROUNDS)
      expect(residentMb(engine.pid)).toBeLessThan(half + 150)
      const { counted } = await trial.accounts()
      await trial.send(producer, 100)
      await trial.counts(counted + 100)
      expect(engine.output()).not.toContain('partition stopped')
      for (const ledger of ['dead', 'late'])
        expect(await trial.redis.xlen(logOf(0).replace(':log', `:${ledger}`))).toBeLessThan(11_000)
    } finally {
      await engine.stop('SIGKILL')
    }
  }),
  120_000,
)
