/** The small picture beside an alert: what the page showed. It is there only while its picture is. */
import type { BoardAlert } from '../board.ts'
import { element } from './element.ts'

/** `changed`: the picture came or went, and with it the room it takes. */
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
  const node = element('button', 'proof', picture)
  node.type = 'button'
  node.hidden = true
  let shown: BoardAlert | null = null
  const show = (there: boolean) => (): void => {
    node.hidden = !there
    changed()
  }
  picture.addEventListener('load', show(true))
  picture.addEventListener('error', show(false))
  node.addEventListener('click', () => shown !== null && open(shown))
  const draw = (alert: BoardAlert): void => {
    node.ariaLabel = `What the page showed: ${alert.sentence}`
    if (alert.proof !== (shown?.proof ?? null)) {
      node.hidden = true
      if (alert.proof === null) picture.removeAttribute('src')
      else picture.src = `/v1/evidence/${alert.proof}/screenshot`
    }
    shown = alert
  }
  return { node, draw }
}
