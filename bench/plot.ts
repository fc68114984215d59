/** Draws measured points as one SVG of small panels, readable on light and on dark pages. Pure. */

export interface Panel {
  title: string
  /** How a value is written at its point. */
  format: (value: number) => string
  values: number[]
}

const PANEL = { width: 250, height: 170, left: 16, right: 18, top: 44, bottom: 30 }

const STYLE = `
  text { font: 11px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 12px }
  .faint { fill: #57606a }
  .axis { stroke: #8c959f; stroke-width: 1 }
  .line { fill: none; stroke: #0969da; stroke-width: 2 }
  .point { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .faint { fill: #9198a1 }
    .axis { stroke: #656c76 }
    .line { stroke: #4493f8 }
    .point { fill: #4493f8 }
  }`

/**
 * `labels`: one per point, evenly spaced; `caption`: what they are. Every panel starts at 0. The text holds no more
 * than the labels, so it needs no escaping beyond `&` and `<`.
 */
export function plot(caption: string, labels: string[], panels: Panel[]): string {
  const width = PANEL.width * panels.length
  const drawn = panels.map(
    (panel, i) => `<g transform="translate(${i * PANEL.width} 0)">${draw(panel, labels)}</g>`,
  )
  const foot = `<text class="faint" x="${PANEL.left}" y="${PANEL.height + 14}">${escape(caption)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height + 22}" width="${width}" role="img" aria-label="${escape(caption)}">
<style>${STYLE}
</style>
${drawn.join('\n')}
${foot}
</svg>
`
}

function draw({ title, format, values }: Panel, labels: string[]): string {
  const { width, height, left, right, top, bottom } = PANEL
  const most = Math.max(...values, Number.MIN_VALUE)
  const x = (i: number): number =>
    round(left + 14 + ((width - left - right - 28) * i) / Math.max(1, values.length - 1))
  const y = (value: number): number => round(height - bottom - ((height - top - bottom) * value) / most)
  const points = values.map((value, i) => `${x(i)},${y(value)}`)
  return [
    `<text class="title" x="${left}" y="18">${escape(title)}</text>`,
    `<path class="axis" d="M${left} ${height - bottom}H${width - right}"/>`,
    `<polyline class="line" points="${points.join(' ')}"/>`,
    ...values.map((value, i) => `<circle class="point" cx="${x(i)}" cy="${y(value)}" r="3"/>`),
    ...values.map(
      (value, i) =>
        `<text text-anchor="middle" x="${x(i)}" y="${y(value) - 7}">${escape(format(value))}</text>`,
    ),
    ...labels.map(
      (label, i) =>
        `<text class="faint" text-anchor="middle" x="${x(i)}" y="${height - bottom + 15}">${escape(label)}</text>`,
    ),
  ].join('\n')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
