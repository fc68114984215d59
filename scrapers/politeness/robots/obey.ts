/** Asks robots.txt before a visit: from memory, or from the site itself, in a turn as any other visit. */
import { randomUUID } from 'node:crypto'
import type { Target } from '../../define/scraper.ts'
import { type Answer, exchange } from '../../http/request.ts'
import { signalsOf } from '../../http/visit-check.ts'
import { judge } from '../../outcome/judge.ts'
import type { Scraper } from '../../index.ts'
import type { Manners } from '../ask-leave.ts'
import { noExit } from '../exit/exit.ts'
import type { Refusal } from '../gate.ts'
import { learnFrom } from '../learn.ts'
import { giveBack, takeTurn } from '../turn.ts'
import { visitOf, visitedBy } from '../visit.ts'
import type { Known, Said } from './robots.ts'
import { MAX_ROBOTS, type Permission, permissionFor, relevantLines } from './rules.ts'

const TIMEOUT_MS = 15_000
const LEASE_MS = TIMEOUT_MS + 15_000
/** RFC 9309 §2.3.1.2: at least five. */
const MAX_REDIRECTS = 5
const MAX_WORKED = 1000
/** While another run asks: how often to look, and for how long, ms. */
const LOOK_AGAIN_MS = 200
const PATIENCE_MS = 60_000

/** It could not be asked, and what happened instead. */
export interface Unheard {
  answer: Answer
  exit: string
}
/** May be visited, with so many ms between two visits; or not. */
export type Obeyed = { delay: number } | Refusal | Unheard

/** `exits`: those that may be taken. Rejects where the gate cannot be asked. */
export async function obeyRobots(
  manners: Manners,
  scraper: Scraper,
  exits: readonly string[],
): Promise<Obeyed> {
  const { gate, clock } = manners
  if (!scraper.robots) return { delay: 0 }
  const { origin } = new URL(scraper.url)
  const token = randomUUID()
  for (const begun = clock.mono(); clock.mono() - begun <= PATIENCE_MS;) {
    const read = await gate.robots.read(origin, token)
    if (read.state === 'known') return permission(read.known, scraper)
    if (read.state === 'ask') return ask(manners, scraper, origin, token, exits)
    await clock.sleep(LOOK_AGAIN_MS * (0.5 + clock.random()))
  }
  return refusal(`another run has been asking for ${origin}/robots.txt for ${PATIENCE_MS / 1000} s`)
}

/** What was worked out already, as long as its rules are at hand. */
const worked = new WeakMap<Known, Map<string, Permission>>()

function permission(known: Known, { url }: Target): Obeyed {
  const { rules, why } = known
  if (why !== null) return refusal(why)
  const ready = worked.get(known) ?? new Map<string, Permission>()
  worked.set(known, ready)
  const found = ready.get(url) ?? permissionFor(rules, url)
  if (ready.size < MAX_WORKED) ready.set(url, found)
  const { allowed, delay, detail } = found
  return allowed ? { delay } : refusal(detail)
}

function refusal(detail: string): Refusal {
  return { go: false, reason: 'robots', until: 0, busy: false, detail }
}

async function ask(
  { gate, exits, clock, now }: Manners,
  scraper: Scraper,
  origin: string,
  token: string,
  names: readonly string[],
): Promise<Obeyed> {
  const turn = await takeTurn(gate, visitOf(scraper, token, LEASE_MS, names), clock)
  if ('go' in turn) {
    await gate.robots.keep(origin, token, { state: 'refused' })
    return turn
  }
  const url = `${origin}/robots.txt`
  let through: ReturnType<typeof exits.upstream>
  try {
    through = exits.upstream(turn.exit)
  } catch (error) {
    await giveBack(gate, turn)
    await gate.robots.keep(origin, token, { state: 'refused' })
    return noExit(scraper.exit, scraper.site, (error as Error).message)
  }
  const wanted = { url, headers: {}, timeout: TIMEOUT_MS, reach: scraper.reach, through }
  const answer = await exchange({ ...wanted, maxBytes: MAX_ROBOTS, maxRedirects: MAX_REDIRECTS })
  const said = saidBy(answer, url)
  const signals = { ...signalsOf(scraper, answer, now()), exit: turn.exit }
  const verdict =
    said.state === 'rules' ? { outcome: 'ok' as const, reason: 'robots', detail: '' } : judge(signals)
  await learnFrom(gate, exits, turn, visitedBy(scraper, signals, verdict, turn.exit))
  const known = await gate.robots.keep(origin, token, said)
  // Without rules of before, what robots.txt has met is what this run has met.
  if (said.state !== 'rules' && (known === null || known.why !== null)) return { answer, exit: turn.exit }
  return known === null
    ? refusal(`${url} was asked for by somebody else meanwhile`)
    : permission(known, scraper)
}

/** RFC 9309 §2.3.1: no file is no rule; a site that cannot say allows nothing. */
function saidBy({ main, error, bodyError, refused, body, cut }: Answer, url: string): Said {
  if (main === null || error !== null || bodyError !== null) {
    if (error !== null && /TOO_MANY_REDIRECTS/.test(error)) return { state: 'rules', rules: '' }
    return silent(refused ?? error ?? bodyError ?? 'no answer')
  }
  const { status } = main
  // Who finds us too frequent has not said that there is no file.
  if (status >= 500 || status === 429) return silent(`the site answered ${status}`)
  if (status < 200 || status > 299) return { state: 'rules', rules: '' }
  return { state: 'rules', rules: relevantLines(body.toString('utf8'), !cut) }

  function silent(what: string): Said {
    return { state: 'silent', why: `${url} cannot be read, and without it nothing is allowed: ${what}` }
  }
}
