/** The small picture beside an alert: what the page showed. Of what had no picture a sign that there is text. */
import type { BoardAlert } from '../board.ts'
import { element } from './element.ts'

/** `changed`: something came or went, and with it the room it takes. */
export function proofButton(
  open: (alert: BoardAlert) => void,
  changed: () => void,
): {
  node: HTMLElement
  draw: (alert: BoardAlert) => void
} {
  const picture = element('img', '')
  picture.alt = ''
  picture.decoding = 'async'
  const sign = element('span', 'sign', '</>')
  sign.ariaHidden = 'true'
  const node = element('button', 'proof', picture, sign)
  node.type = 'button'
  node.hidden = true
  let shown: BoardAlert | null = null
  const show = (kind: 'picture' | 'text' | null): void => {
    node.hidden = kind === null
    if (kind !== null) node.dataset['kind'] = kind
    changed()
  }
  picture.addEventListener('load', () => show('picture'))
  // Without a browser there is no picture, and what is old is gone altogether.
  picture.addEventListener('error', () => {
    const asked = shown?.proof
    if (asked === undefined || asked === null) return
    const answer = fetch(`/v1/evidence/${asked}`, { method: 'HEAD' }).then(({ ok }) => ok)
    void answer.catch(() => false).then((there) => asked === shown?.proof && show(there ? 'text' : null))
  })
  node.addEventListener('click', () => shown !== null && open(shown))
  const draw = (alert: BoardAlert): void => {
    node.ariaLabel = `What was found: ${alert.sentence}`
    if (alert.proof !== (shown?.proof ?? null)) {
      node.hidden = true
      if (alert.proof === null) picture.removeAttribute('src')
      else picture.src = `/v1/evidence/${alert.proof}/screenshot`
    }
    shown = alert
  }
  return { node, draw }
}
