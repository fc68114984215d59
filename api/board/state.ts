/**
 * What the wallboard shows, decided on the server as plain data; the page only draws it. Pure: the same input
 * gives the same board. The server sends a new state at least every `SEND_AT_LEAST_EVERY`, also when nothing
 * changed: a page that hears less says that it no longer knows.
 */
import type { BoardInput, BoardState } from './board.ts'
import { openAlerts } from './say/alerts.ts'
import { audit } from './say/audit.ts'
import { headline, mood } from './say/headline.ts'
import { blindness } from './say/blind.ts'
import { clean } from './say/name.ts'
import { number } from './say/number.ts'
import { own } from './say/own.ts'
import { promise } from './say/promise.ts'
import { subjects } from './say/subject.ts'

/** ms. */
export const SEND_AT_LEAST_EVERY = 5000
export const MAX_NUMBERS = 7
export const MAX_PROMISES = 3
/** Alerts named on the board; the rest is a number. */
export const MAX_ALERTS = 12

/** The board as of `input.now`. Throws nothing, whatever the texts and numbers are. */
export function boardState(input: BoardInput): BoardState {
  const { config, alerts, health, now } = input
  const board = config?.board
  const firing = alerts.filter((alert) => alert.state === 'firing')
  const blind = blindness(health, now)
  const about = config?.board.headline ? subjects(config, input.kpis, firing, now) : null
  const open = openAlerts(alerts, config, input.origins)
  return {
    now,
    title: clean(board?.title ?? '', 40) || 'Weir',
    mood: mood(config, blind, about, firing, health),
    headline: headline(config, blind, about, firing, health),
    problems: firing.length,
    promises: (board?.promises ?? [])
      .slice(0, MAX_PROMISES)
      .map((each, i) => promise(each, input, input.lines[i] ?? [], blind)),
    numbers: (board?.numbers ?? []).slice(0, MAX_NUMBERS).map((each) => number(each, input, firing, blind)),
    alerts: open.slice(0, MAX_ALERTS),
    moreAlerts: Math.max(0, open.length - MAX_ALERTS),
    own: own(health, blind),
    audit: audit(health, now),
  }
}
