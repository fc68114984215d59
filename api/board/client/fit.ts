/** On a wall nothing scrolls: the headline gets as large, and the alerts as many, as there is room for. */

/** Sizes of the headline in px of a 1920 × 1080 wall, largest first. */
const SIZES = [140, 124, 112, 104, 98, 96]
/** Letters move this much closer, em, before a sentence takes a second line, and with it the room of two alerts. */
const NARROW = '-0.045em'
/** Lines of the whole headline. */
const LINES = 3

/** Takes the largest size at which each sentence stands on one line; two sentences start smaller than one. */
export function fitHeadline(h1: HTMLElement, first: HTMLElement, second: HTMLElement, wall: boolean): void {
  h1.style.removeProperty('--size')
  h1.style.removeProperty('--spacing')
  second.style.removeProperty('--lines')
  if (!wall) return
  for (const size of SIZES.slice(second.textContent === '' ? 0 : 2)) {
    h1.style.setProperty('--size', String(size))
    if (lines(first) <= 1 && lines(second) <= 1) return
  }
  h1.style.setProperty('--spacing', NARROW)
  if (lines(first) <= 1 && lines(second) <= 1) return
  h1.style.removeProperty('--spacing')
  second.style.setProperty('--lines', String(LINES - lines(first)))
}

function lines(node: HTMLElement): number {
  return Math.floor(node.clientHeight / Number.parseFloat(getComputedStyle(node).lineHeight))
}

/** Hides pictures that would cost room for an alert, shows one of origin and cause, then the last alerts until the rest fits; `elsewhere` more are open that were not sent. */
export function fitAlerts(
  board: HTMLElement,
  list: HTMLElement,
  more: HTMLElement,
  elsewhere: number,
  wall: boolean,
): void {
  const alerts = [...list.children] as HTMLElement[]
  for (const alert of alerts) alert.hidden = false
  list.dataset['count'] = String(alerts.length)
  let shown = alerts.length
  const tell = (): void => {
    const count = alerts.length - shown + elsewhere
    more.textContent = count > 0 ? `and ${count} more` : ''
  }
  const crowded = (): boolean => wall && board.scrollHeight > board.clientHeight
  board.dataset['tight'] = 'no'
  board.dataset['pictures'] = wall ? 'no' : 'yes'
  board.dataset['origins'] = wall ? 'one' : 'both'
  tell()
  for (const least of [2, 1]) {
    while (shown > least && crowded()) {
      alerts[--shown]!.hidden = true
      tell()
    }
    // Before the second alert goes, everything moves together.
    if (crowded()) board.dataset['tight'] = 'yes'
  }
  board.dataset['origins'] = 'both'
  if (crowded()) board.dataset['origins'] = 'one'
  board.dataset['pictures'] = 'yes'
  if (crowded()) board.dataset['pictures'] = 'no'
}
