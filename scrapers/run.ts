/**
 * Read first: the life of one run. Asked for a turn at its host, visited, recorded, judged, reported to the
 * gate, published. Whatever happens on the way, it ends in exactly one event.
 */
import type { Missed, RunEvent } from '../engine/index.ts'
import { attempt } from './attempt.ts'
import { fingerprintsOnly } from './evidence/keeper.ts'
import { settle } from './heal/settle.ts'
import type { Scraper } from './index.ts'
import type { RunWorld } from './run-world.ts'
import { fieldRows } from './outcome/field-rows.ts'
import { judge } from './outcome/judge.ts'
import { runEvent } from './run-event.ts'
import { faulty, skipped } from './outcome/unvisited.ts'
import { directOnly } from './politeness/exit/exit.ts'
import { learnFrom } from './politeness/learn.ts'
import { visitedBy } from './politeness/visit.ts'
import type { Start, Unrun } from './schedule/schedule.ts'

/** One run of `scraper`; beside any schedule it is due now. Never rejects. */
export async function run(
  scraper: Scraper,
  version: string,
  world: RunWorld,
  start: Start = { due: world.now(), lateMs: 0 },
): Promise<RunEvent> {
  const { signals, rows, turn, verdict, visits } = await settle(
    scraper,
    () => attempt(scraper, version, world),
    world,
  )
  const proof = await (world.keeper ?? fingerprintsOnly).keep(scraper, version, signals, verdict)
  const at = world.now()
  if (turn !== null) {
    const visited = visitedBy(scraper, signals, verdict, turn.exit, proof.evidence)
    await learnFrom(world.gate, world.exits ?? directOnly, turn, visited)
  }
  const told = verdict.outcome === 'ok' || verdict.outcome === 'partial'
  const unsent =
    scraper.kind === 'json' && told && rows.length > 0
      ? await world.publishRows(scraper.into, rows, scraper.name).then(
          () => null,
          (error: unknown) => judge(faulty(scraper, 'code', error)),
        )
      : null
  const ended = runEvent({ scraper, version, signals, verdict: unsent ?? verdict, proof, turn, at, start })
  const event = visits > 1 ? { ...ended, visits } : ended
  await world.publish(event, fieldRows(scraper, signals, verdict, { ...proof, version, at }))
  return event
}

/** The event of due times that passed without a run, or of a run that ended with the process that did it. */
export async function tell(
  scraper: Scraper,
  version: string,
  world: Pick<RunWorld, 'now' | 'publish'>,
  unrun: Unrun,
): Promise<void> {
  const died = 'died' in unrun
  const signals = died
    ? faulty(scraper, 'process', unrun.why ?? 'the process that did this run is gone')
    : skipped(scraper, unrun.reason, missedText(unrun))
  const at = world.now()
  const start = { due: died ? unrun.died : unrun.due, lateMs: 0 }
  const verdict = judge(signals)
  const event = runEvent({ scraper, version, signals, verdict, proof: {}, turn: null, at, start })
  await world.publish(died ? event : { ...event, missed: unrun.count }, [])
}

function missedText({ count, due, why }: Missed): string {
  if (count === 1) return why
  return `${why}: ${count} runs from ${new Date(due).toISOString()} on did not take place`
}
