/** Ages on a page that grow by themselves: nodes that know their instant, and are written anew. */
import { age } from './age.ts'
import { element, write } from './element.ts'

/** The age of `at` (ms, server time), once `writeAges` has been called. */
export function ageNode(at: number): HTMLTimeElement {
  const time = element('time', '', '…')
  time.dataset['at'] = String(at)
  return time
}

/** Brings all ages up to now. Returns whether one of them takes another number of characters than before. */
export function writeAges(root: ParentNode, now: number): boolean {
  let grown = false
  for (const node of root.querySelectorAll<HTMLElement>('[data-at]')) {
    const length = node.textContent.length
    write(node, age(now - Number(node.dataset['at'])))
    grown ||= node.textContent.length !== length
  }
  return grown
}
