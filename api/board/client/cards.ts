/** The repeated pieces of the board: a promise, a number, an alert. Each is made once and redrawn in place. */
import type { BoardAlert, BoardNumber, BoardPromise, Mood } from '../board.ts'
import { chart } from './chart.ts'
import { element, glow, words, write } from './element.ts'
import { proofButton } from './proof-button.ts'
import { reshape, shape } from './shape.ts'

export interface Card<T> {
  node: HTMLElement
  draw: (item: T) => void
}

const PROMISE_WORD: Record<Mood, string> = {
  good: 'kept',
  warn: 'at risk',
  bad: 'broken',
  unknown: 'unknown',
}
const NUMBER_WORD: Record<Mood, string> = { good: '', warn: 'warning', bad: 'problem', unknown: 'unknown' }

/** `now` tells the server time that the right end of the line stands for. */
export function promiseCard(now: () => number): Card<BoardPromise> {
  const title = words('title')
  const state = stateWord()
  const figure = figures()
  const target = element('p', 'target-words')
  const line = chart()
  const span = element('p', 'span', element('span', '', '24 h ago'), element('span', '', 'now'))
  const head = element('h2', 'card-head', title, state.node)
  const reading = element('div', 'reading', figure.node, target)
  const node = element('article', 'promise', head, reading, element('div', 'plot', line.node, span))
  const draw = (promise: BoardPromise): void => {
    node.dataset['mood'] = promise.mood
    write(title, promise.title)
    state.draw(promise.mood, PROMISE_WORD[promise.mood])
    figure.draw(promise.value, promise.unit)
    write(target, promise.target)
    line.draw(promise, now())
  }
  return { node, draw }
}

export function numberCard(): Card<BoardNumber> {
  const title = words('title')
  const state = stateWord()
  const figure = figures()
  const node = element('article', 'number', element('h2', 'card-head', title, state.node), figure.node)
  const draw = (number: BoardNumber): void => {
    node.dataset['mood'] = number.mood
    write(title, number.title)
    state.draw(number.mood, NUMBER_WORD[number.mood])
    figure.draw(number.value, number.value === '–' ? 'unknown' : number.unit)
  }
  return { node, draw }
}

/** `open` shows the picture of an alert in full; `changed`: a picture came or went. */
export function alertCard(open: (alert: BoardAlert) => void, changed: () => void): Card<BoardAlert> {
  const picture = proofButton(open, changed)
  const state = stateWord()
  const sentence = words('sentence')
  const origin = words('origin')
  const cause = words('cause')
  const about = element('div', 'about', origin, cause)
  const began = element('time', 'age')
  const texts = element('div', 'texts', sentence, about)
  const node = element('li', 'alert', state.node, picture.node, texts, began)
  const draw = (alert: BoardAlert): void => {
    const mood = alert.severity === 'critical' ? 'bad' : 'warn'
    node.dataset['mood'] = mood
    node.dataset['state'] = alert.state
    state.draw(mood, alert.state === 'pending' ? 'pending' : alert.severity)
    write(sentence, alert.sentence)
    write(origin, alert.origin?.words ?? '')
    origin.dataset['ours'] = String(alert.origin?.ours ?? false)
    write(cause, alert.cause ?? '')
    began.dataset['at'] = String(alert.since)
    picture.draw(alert)
  }
  return { node, draw }
}

/** Shape and word. */
export function stateWord(): { node: HTMLElement; draw: (mood: Mood, word: string) => void } {
  const svg = shape()
  const word = element('span', 'word')
  const node = element('span', 'state', svg as unknown as Node, word)
  const draw = (mood: Mood, text: string): void => {
    node.dataset['mood'] = mood
    reshape(svg, mood)
    write(word, text)
  }
  return { node, draw }
}

function figures(): { node: HTMLElement; draw: (value: string, unit: string) => void } {
  const value = element('span', 'value')
  const unit = words('unit')
  const node = element('p', 'figure', value, ' ', unit)
  const draw = (text: string, unitText: string): void => {
    const first = value.textContent === ''
    if (write(value, text) && !first) glow(value)
    write(unit, unitText)
    unit.classList.toggle('tight', unitText === '%')
  }
  return { node, draw }
}
