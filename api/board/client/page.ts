/** The page as a whole: draws a board state, keeps its ages moving, and says when it no longer knows. */
import type { BoardState, Mood, Part } from '../board.ts'
import { age } from './age.ts'
import { ageNode, writeAges } from './age-nodes.ts'
import { alertCard, numberCard, promiseCard, stateWord, type Card } from './cards.ts'
import { glow, keyed, write } from './element.ts'
import { proofDialog } from './proof-dialog.ts'
import { fitAlerts, fitHeadline } from './fit.ts'
import { favicon, SIGN, WORD } from './shape.ts'

export interface Page {
  /** `now` is server time, ms. */
  draw(board: BoardState, now: number): void
  /** Called often: `now` is server time; `silence` is how long (ms) nothing new has come. */
  tick(now: number, silence: number): void
  /** Fits the board to a screen that changed its size. */
  resize(): void
}

/** Whether each event counts exactly once, as an auditor sees it. */
const AUDIT_WORD: Record<Mood, string> = {
  good: 'Exactly once',
  warn: 'Exactly once',
  bad: 'Not exact',
  unknown: 'Unknown',
}

/** Silence (ms) after which the page says so. */
export const QUIET = 5000

export function page(root: Document): Page {
  const find = (id: string): HTMLElement => root.getElementById(id)!
  const state = stateWord()
  find('state').replaceChildren(state.node)
  const own = stateWord()
  find('own').prepend(own.node)
  const audit = stateWord()
  find('audit').prepend(audit.node)
  const openProof = proofDialog(root)
  let board: BoardState | null = null
  let cut = false
  const cards = {
    alerts: new Map<string, Card<BoardState['alerts'][number]>>(),
    promises: new Map<string, Card<BoardState['promises'][number]>>(),
    numbers: new Map<string, Card<BoardState['numbers'][number]>>(),
  }

  const redraw = (): void => {
    const mood: Mood = cut || board === null ? 'unknown' : board.mood
    root.body.dataset['mood'] = mood
    root.body.dataset['link'] = cut ? 'cut' : 'live'
    state.draw(mood, cut ? 'Last known' : WORD[mood])
    const icon = find('icon') as HTMLLinkElement
    if (icon.href !== favicon(mood)) icon.href = favicon(mood)
    const wall = getComputedStyle(find('board')).overflowY === 'hidden'
    fitHeadline(find('headline'), find('first'), find('second'), wall)
    fitAlerts(find('board'), find('alerts'), find('more'), board?.moreAlerts ?? 0, wall)
  }

  const draw = (next: BoardState, now: number): void => {
    board = next
    sentence(find('first'), next.headline.first)
    sentence(find('second'), next.headline.second)
    write(find('spoken'), spoken(next))
    const byPlace = (_: unknown, i: number): string => String(i)
    keyed(find('promises'), next.promises, byPlace, () => promiseCard(() => board!.now), cards.promises)
    keyed(find('numbers'), next.numbers, byPlace, numberCard, cards.numbers)
    keyed(
      find('alerts'),
      next.alerts,
      (alert) => alert.id,
      () => alertCard(openProof, redraw),
      cards.alerts,
    )
    find('numbers').dataset['count'] = String(next.numbers.length)
    root.body.dataset['alerts'] = String(next.alerts.length)
    write(find('calm'), next.own.mood === 'unknown' ? 'No open alerts known.' : 'No open alerts.')
    write(find('rate'), next.own.rate)
    sentence(
      find('newest'),
      next.own.newestEventAt === null
        ? [{ text: ', none yet' }]
        : [{ text: ', newest ' }, { age: next.own.newestEventAt }, { text: ' ago' }],
    )
    own.draw(next.own.mood, '')
    write(find('notice'), next.own.notice ?? '')
    write(find('title'), next.title)
    find('audit').hidden = next.audit === null
    if (next.audit !== null) {
      audit.draw(next.audit.mood, AUDIT_WORD[next.audit.mood])
      write(find('found'), next.audit.text)
      sentence(find('checked'), [{ text: 'checked ' }, { age: next.audit.at }, { text: ' ago' }])
    }
    writeAges(root, now)
    redraw()
  }

  const tick = (now: number, silence: number): void => {
    const quiet = silence > QUIET
    const grown = writeAges(root, now)
    if (quiet)
      write(
        find('news'),
        board === null
          ? `Weir has not answered for ${age(silence)}`
          : `No news for ${age(silence)} — last known state`,
      )
    const wasCut = cut
    if (quiet !== cut) {
      cut = quiet
      if (!cut) write(find('news'), '')
    }
    if (quiet !== wasCut || grown) redraw()
    root.title = `${titleWords(board, quiet ? silence : null)} — ${board?.title ?? 'Weir'}`
  }
  return { draw, tick, resize: redraw }
}

/** Writes the parts of a sentence; ages become nodes that `tick` fills. */
function sentence(node: HTMLElement, parts: Part[]): void {
  const plan = JSON.stringify(parts)
  if (node.dataset['plan'] === plan) return
  // Only other words are worth a look: the newest event is another one all the time.
  const words = parts.map((part) => ('text' in part ? part.text : '…')).join('')
  const changed = node.dataset['words'] !== undefined && node.dataset['words'] !== words
  node.dataset['plan'] = plan
  node.dataset['words'] = words
  node.replaceChildren(
    ...parts.map((part) => {
      if ('text' in part) return part.text
      return ageNode(part.age)
    }),
  )
  if (changed) glow(node)
}

/** The headline for those who listen: without ages, so that it is not read out again every minute. */
function spoken({ headline, mood }: BoardState): string {
  const texts = [...headline.first, ...headline.second].map((part) =>
    'text' in part ? part.text : 'some time',
  )
  return `${WORD[mood]}. ${texts.join('')}`
}

function titleWords(board: BoardState | null, silence: number | null): string {
  if (silence !== null) return `? No news for ${age(silence)}`
  if (board === null) return '… Connecting'
  const { mood, problems } = board
  if (mood === 'good') return `${SIGN.good} All fine`
  if (mood === 'unknown' || problems === 0) return `${SIGN[mood]} ${WORD[mood]}`
  return `${SIGN[mood]} ${problems} ${problems === 1 ? 'problem' : 'problems'}`
}
