/** The 24 h line of a promise: broken stretches in the colour of a problem, the target dashed. */
import type { BoardPromise } from '../board.ts'
import { HEIGHT, paths, WIDTH } from './path.ts'

const SVG = 'http://www.w3.org/2000/svg'
let charts = 0

export function chart(): { node: SVGSVGElement; draw: (promise: BoardPromise, now: number) => void } {
  const id = `chart-${++charts}`
  const svg = make('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' })
  svg.setAttribute('role', 'img')
  const clips = ['kept', 'broken'].map((side) => {
    const clip = make('clipPath', { id: `${id}-${side}` })
    const rect = make('rect', { x: '-50', width: String(WIDTH + 100) })
    clip.append(rect)
    svg.append(clip)
    return rect
  })
  const area = make('path', { class: 'area', 'clip-path': `url(#${id}-broken)` })
  const target = make('path', { class: 'target' })
  const kept = make('path', { class: 'line', 'clip-path': `url(#${id}-kept)` })
  const broken = make('path', { class: 'line broken', 'clip-path': `url(#${id}-broken)` })
  const last = make('path', { class: 'last' })
  svg.append(area, target, kept, broken, last)

  const draw = (promise: BoardPromise, now: number): void => {
    const drawn = paths(promise.line, promise.targetValue, now)
    svg.setAttribute('aria-label', promise.lineInWords)
    const above = { y: '-100', height: String(drawn.target + 100) }
    const below = { y: String(drawn.target), height: '300' }
    set(clips[0]!, promise.direction === 'atLeast' ? above : below)
    set(clips[1]!, promise.direction === 'atLeast' ? below : above)
    set(area, { d: drawn.area })
    set(target, { d: `M0 ${drawn.target}H${WIDTH}` })
    set(kept, { d: drawn.line })
    set(broken, { d: drawn.line })
    set(last, { d: drawn.last ? `M${drawn.last.x} ${drawn.last.y}h0` : '' })
  }
  return { node: svg as SVGSVGElement, draw }
}

function make(tag: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(SVG, tag)
  set(made, attributes)
  return made
}

function set(node: Element, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes))
    if (node.getAttribute(name) !== value) node.setAttribute(name, value)
}
