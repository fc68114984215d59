/**
 * `npm run eval -- drift DIR`: a reader learnt on the old page of each pair and run on the new one. DIR holds a folder
 * per pair with `old.html.gz`, `old.json`, `new.html.gz`, `new.json`; the JSON names what a reader should get.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { contradiction } from '../scrapers/heal/cross-check.ts'
import { type Finding, find } from '../scrapers/heal/find.ts'
import { type Lesson, learn } from '../scrapers/heal/learn.ts'
import { type PageIndex, indexPage } from '../scrapers/heal/page-index.ts'
import { type Value, keyOf } from '../scrapers/heal/value.ts'
import type { FieldSpec } from '../scrapers/read/field.ts'
import { without } from './absent.ts'
import { labelsOf, readCase, readerFor } from './drift-case.ts'
import { share } from './share.ts'

interface Tally {
  pairs: number
  unlabelled: number
  right: number
  silent: number
  alarmed: number
  falseAlarms: number
  unreadable: number
  broken: number
  auto: number
  autoWrong: number
  proposed: number
  proposedWrong: number
  absent: number
  absentValues: number
  absentProposals: number
  unseen: number
  unseenValues: number
  milliseconds: number[]
}

export async function evaluate(args: string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { half: { type: 'string' }, verbose: { type: 'boolean', short: 'v' } },
  })
  const [folder] = positionals
  if (folder === undefined || !existsSync(folder)) {
    process.stderr.write(
      'usage: npm run eval -- drift DIR [--half a|b] [--verbose]\nDIR: a folder per pair with {old,new}.{html.gz,json}\n',
    )
    process.exitCode = 2
    return
  }
  const tally: Tally = {
    pairs: 0,
    unlabelled: 0,
    right: 0,
    silent: 0,
    alarmed: 0,
    falseAlarms: 0,
    unreadable: 0,
    broken: 0,
    auto: 0,
    autoWrong: 0,
    proposed: 0,
    proposedWrong: 0,
    absent: 0,
    absentValues: 0,
    absentProposals: 0,
    unseen: 0,
    unseenValues: 0,
    milliseconds: [],
  }
  for (const pair of readdirSync(folder).toSorted()) {
    if (!existsSync(join(folder, pair, 'old.html.gz'))) continue
    if (values.half !== undefined && halfOf(pair) !== values.half) continue
    evaluatePair(join(folder, pair), tally, values.verbose === true ? say : () => undefined)
  }
  report(tally)
}

/** Halves by site, so that what is tuned on one half is tried on sites it has not seen. */
function halfOf(pair: string): 'a' | 'b' {
  return createHash('sha1').update(pair.replace(/^\d+-/, '')).digest()[0]! % 2 === 1 ? 'a' : 'b'
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function evaluatePair(folder: string, tally: Tally, tell: (line: string) => void): void {
  const labels = [labelsIn(folder, 'old'), labelsIn(folder, 'new')]
  const [old, now] = labels
  if (!old || !now) {
    tally.unlabelled += 1
    return
  }
  tally.pairs += 1
  const html = htmlIn(folder, 'new')
  const before = indexPage(htmlIn(folder, 'old'))
  const after = indexPage(html)
  for (const [field, spec] of readerFor(old, before.tree)) {
    const wanted = now.get(field)
    const lesson = learn(field, spec, readCase(spec, before.tree)!, before)
    // Without a label nobody knows what should be read now.
    if (wanted === undefined || lesson === null) continue
    const place = `${folder.split('/').at(-1)} ${field}`
    const found = readCase(spec, after.tree)
    // Something is there that is no such value: the product calls it invalid, and heals nothing.
    if (found === null && matches(spec, after)) tally.unreadable += 1
    else if (found === null) lost(spec, lesson, wanted, after, tally, (line) => tell(`${place}: ${line}`))
    else read(spec, lesson, found, wanted, after, tally)
    absent(spec, lesson, wanted, html, tally, (line) => tell(`${place}: ${line}`))
  }
}

function matches(spec: FieldSpec, page: PageIndex): boolean {
  return spec.kind !== 'product' && page.tree.select(spec.selector).length > 0
}

function read(
  spec: FieldSpec,
  lesson: Lesson,
  found: Value,
  wanted: Value,
  page: PageIndex,
  tally: Tally,
): void {
  const alarm = contradiction(spec, lesson, found, page) !== null
  if (keyOf(found) === keyOf(wanted)) {
    tally.right += 1
    if (alarm) tally.falseAlarms += 1
  } else {
    tally.silent += 1
    if (alarm) tally.alarmed += 1
  }
}

function lost(
  spec: FieldSpec,
  lesson: Lesson,
  wanted: Value,
  page: PageIndex,
  tally: Tally,
  tell: (line: string) => void,
): void {
  tally.broken += 1
  const begun = performance.now()
  const finding = find(spec, lesson, page)
  tally.milliseconds.push(performance.now() - begun)
  const wrong = finding !== null && keyOf(finding.value) !== keyOf(wanted)
  if (finding?.tier === 'auto') {
    tally.auto += 1
    if (wrong) tally.autoWrong += 1
  } else if (finding) {
    tally.proposed += 1
    if (wrong) tally.proposedWrong += 1
  }
  tell(
    wrong
      ? `${describe(finding)}\n  WRONG, wanted ${JSON.stringify(wanted).slice(0, 200)}`
      : describe(finding),
  )
}

/** The value is taken off the new page: whatever is found now is false. */
function absent(
  spec: FieldSpec,
  lesson: Lesson,
  value: Value,
  html: string,
  tally: Tally,
  tell: (line: string) => void,
): void {
  const findIn = (from: 'everywhere' | 'sight'): Finding | null | undefined => {
    const page = indexPage(without(html, spec, value, from))
    return readCase(spec, page.tree) === null ? find(spec, lesson, page) : undefined
  }
  const finding = findIn('everywhere')
  if (finding !== undefined) {
    tally.absent += 1
    if (finding?.tier === 'auto') tally.absentValues += 1
    if (finding?.tier === 'propose') tally.absentProposals += 1
    if (finding) tell(`absent, but ${describe(finding)}`)
  }
  const stale = findIn('sight')
  if (stale === undefined) return
  tally.unseen += 1
  if (stale?.tier !== 'auto') return
  tally.unseenValues += 1
  tell(`taken out of sight, but ${describe(stale)}`)
}

function describe(finding: Finding | null): string {
  if (!finding) return 'nothing found'
  const { tier, sources, how, value, score } = finding
  return `${tier} by ${sources.join(', ')} (${score.toFixed(2)}) ${JSON.stringify(how)} ${JSON.stringify(value).slice(0, 200)}`
}

function labelsIn(folder: string, name: 'old' | 'new'): ReturnType<typeof labelsOf> | null {
  try {
    return labelsOf(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Record<string, unknown>)
  } catch {
    return null
  }
}

function htmlIn(folder: string, name: 'old' | 'new'): string {
  return gunzipSync(readFileSync(join(folder, `${name}.html.gz`))).toString('utf8')
}

function report(t: Tally): void {
  const all = t.right + t.silent + t.unreadable + t.broken
  const times = t.milliseconds.toSorted((a, b) => a - b)
  const quantile = (q: number): string => (times[Math.floor(q * (times.length - 1))] ?? 0).toFixed(0)
  const accepted = t.auto + t.proposed
  say(
    `${t.pairs} pairs${t.unlabelled > 0 ? ` (${t.unlabelled} more have no labels)` : ''}, ${all} fields that a reader gets right on the old page`,
  )
  say(`  still right on the new page    ${share(t.right, all)}`)
  say(
    `  silently wrong                 ${t.silent}; an alarm by structured data in ${share(t.alarmed, t.silent)}, a false one in ${share(t.falseAlarms, t.right)}`,
  )
  say(`  found, but no such value       ${t.unreadable}`)
  say(`  broken: nothing is found       ${t.broken}`)
  say('of the broken ones, with 95% intervals')
  say(`  AUTO recovers                  ${share(t.auto - t.autoWrong, t.broken)}   (goal: 35% or more)`)
  say(`    wrong among what it accepts  ${share(t.autoWrong, t.auto)}   (goal: 1% or less)`)
  say(
    `  AUTO + PROPOSE recover         ${share(accepted - t.autoWrong - t.proposedWrong, t.broken)}   (goal: 60% or more)`,
  )
  say(
    `    wrong among what they accept ${share(t.autoWrong + t.proposedWrong, accepted)}   (goal: 5% or less)`,
  )
  say(`fields made absent on the new page: ${t.absent}`)
  say(`  a false value                  ${share(t.absentValues, t.absent)}   (goal: 0.5% or less)`)
  say(
    `  a false proposal               ${share(t.absentProposals, t.absent)}   (no value before somebody accepts it)`,
  )
  say(`taken out of sight only, structured data still states it: ${t.unseen}`)
  say(`  a false value                  ${share(t.unseenValues, t.unseen)}`)
  say(`time per broken field: median ${quantile(0.5)} ms, p95 ${quantile(0.95)} ms`)
}
