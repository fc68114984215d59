/** What an auditor found who counts apart from the engine, as one calm line; loud only where it is not all well. */
import type { Health } from '../../../engine/index.ts'
import type { BoardState } from '../board.ts'
import { clean } from './name.ts'

/** An audit older than this (ms) says nothing about now. */
export const AUDIT_STALE = 20_000

/** Null where nobody audits. */
export function audit({ audit: found }: Health, now: number): BoardState['audit'] {
  if (found === null) return null
  const { events, kills, lost, doubled, problem, at } = found
  const wrong = lost !== 0 || doubled !== 0
  const count = (n: number): string => n.toLocaleString('en-US')
  const text = [
    `${count(events)} ${events === 1 ? 'event' : 'events'}`,
    `${count(kills)} ${kills === 1 ? 'kill' : 'kills'}`,
    `lost ${count(lost)}`,
    `doubled ${count(doubled)}`,
    ...(problem === null ? [] : [clean(problem, 120)]),
  ].join(' · ')
  const known = problem === null && now - at <= AUDIT_STALE
  return { mood: wrong ? 'bad' : known ? 'good' : 'unknown', text, at }
}
