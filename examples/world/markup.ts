/** What all banks' pages are written with: escaped text, amounts, dates, and the frame around the blocks. */

/** The blocks of a bank's page; in which order they stand is dealt by the seed. */
export interface Blocks {
  head: string
  balance: string
  transactions: string
  /** Something to sell, with an amount in it that is not the balance. */
  offer: string
}

export interface Frame {
  lang: string
  title: string
  css: string
  blocks: Blocks
  script?: string
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}

/** `12,480.55` for 1248055 with the default marks; a minus sign leads. */
export function amount(cents: number, thousands = ',', decimal = '.'): string {
  const whole = String(Math.floor(Math.abs(cents) / 100)).replace(/\B(?=(\d{3})+$)/g, thousands)
  const rest = String(Math.abs(cents) % 100).padStart(2, '0')
  return `${cents < 0 ? '-' : ''}${whole}${decimal}${rest}`
}

/** `2026-11-22`. */
export function isoDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

const BASE_CSS = `
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#1c2430;background:#f4f5f7}
main{max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 1rem}
table{border-collapse:collapse;width:100%}
td,th{padding:.45rem .6rem;text-align:left;border-bottom:1px solid #dfe3e8}
ul{list-style:none;padding:0;margin:0}
footer{color:#5d6878;font-size:.85rem;padding:2rem 1rem;text-align:center}`

export function framed(frame: Frame, offerFirst: boolean): string {
  const { head, balance, transactions, offer } = frame.blocks
  const middle = offerFirst ? [offer, balance, transactions] : [balance, transactions, offer]
  return `<!doctype html>
<html lang="${frame.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(frame.title)}</title>
<link rel="icon" href="data:,">
<style>${BASE_CSS}${frame.css}</style>
</head>
<body>
${[head, '<main>', ...middle, '</main>'].join('\n')}
<footer>A bank that does not exist, for an example.</footer>
${frame.script ? `<script>${frame.script}</script>\n` : ''}</body>
</html>
`
}
