/** Text from outside: on one line, bounded, without characters that turn their surroundings around. */
import { clean } from '../../say/name.ts'
import { words, write } from '../element.ts'

const MAX = 300

export function told(className: string, text = ''): { node: HTMLElement; draw: (text: string) => void } {
  const node = words(className)
  const draw = (next: string): void => void write(node, clean(next, MAX))
  draw(text)
  return { node, draw }
}
