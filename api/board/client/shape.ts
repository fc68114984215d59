/** State by shape: a circle with a tick, a triangle, an octagon with a cross, a diamond with a question mark. */
import type { Mood } from '../board.ts'

const SVG = 'http://www.w3.org/2000/svg'

const SHAPE: Record<Mood, { body: string; sign: string }> = {
  good: { body: 'M32 3a29 29 0 1 0 0 58a29 29 0 1 0 0-58Z', sign: 'M19 33l9 9l17-19' },
  warn: { body: 'M32 5q3 0 5 3l24 43q3 8-5 8h-48q-8 0-5-8l24-43q2-3 5-3Z', sign: 'M32 23v16M32 48v.2' },
  bad: { body: 'M20.500 4h23L60 20.500v23L43.500 60h-23L4 43.500v-23Z', sign: 'M22 22l20 20M42 22l-20 20' },
  unknown: { body: 'M32 1L63 32L32 63L1 32Z', sign: 'M25 26a7 7 0 1 1 10 6.500q-3 1.500-3 5M32 46v.2' },
}

/** The mood in one word. */
export const WORD: Record<Mood, string> = {
  good: 'Fine',
  warn: 'Warning',
  bad: 'Problem',
  unknown: 'Unknown',
}

/** For the title of the tab. */
export const SIGN: Record<Mood, string> = { good: '✓', warn: '!', bad: '✕', unknown: '?' }

const COLOUR: Record<Mood, string> = { good: '#1a9850', warn: '#e6a100', bad: '#d32f2f', unknown: '#66758a' }

/** An empty shape to be given a mood by `reshape`; decoration, as a word always stands beside it. */
export function shape(): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'shape')
  svg.setAttribute('viewBox', '0 0 64 64')
  svg.setAttribute('aria-hidden', 'true')
  svg.append(document.createElementNS(SVG, 'path'), document.createElementNS(SVG, 'path'))
  return svg
}

export function reshape(svg: SVGSVGElement, mood: Mood): void {
  if (svg.dataset['shape'] === mood) return
  svg.dataset['shape'] = mood
  svg.children[0]!.setAttribute('d', SHAPE[mood].body)
  svg.children[1]!.setAttribute('d', SHAPE[mood].sign)
}

/** The shape as a favicon that needs no request. */
export function favicon(mood: Mood): string {
  const { body, sign } = SHAPE[mood]
  const pen = 'fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round" stroke-linejoin="round"'
  const drawn = `<path fill="${COLOUR[mood]}" d="${body}"/><path ${pen} d="${sign}"/>`
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="${SVG}" viewBox="0 0 64 64">${drawn}</svg>`)}`
}
