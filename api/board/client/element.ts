/** The few DOM verbs the board needs. Text goes in as text, never as markup. */

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  if (className !== '') made.className = className
  made.append(...children)
  return made
}

/** Text from outside, isolated so that right-to-left scripts do not turn their surroundings around. */
export function words(className: string): HTMLElement {
  const made = element('span', className)
  made.dir = 'auto'
  return made
}

/** Changes the text of `node` only if it is another one. Returns whether it was. */
export function write(node: Element, text: string): boolean {
  if (node.textContent === text) return false
  node.textContent = text
  return true
}

const still = matchMedia('(prefers-reduced-motion: reduce)')

/** A breath of light behind what changed; the text itself stays as readable as ever. */
export function glow(node: Element): void {
  if (still.matches) return
  const light = 'color-mix(in srgb, currentColor 20%, transparent)'
  node.animate([{ backgroundColor: light }, { backgroundColor: 'transparent' }], {
    duration: 1600,
    easing: 'ease-out',
  })
}

/** Makes the children of `parent` be one per item, in order, keeping the node of a key that stays. */
export function keyed<T>(
  parent: Element,
  items: readonly T[],
  key: (item: T, i: number) => string,
  make: () => { node: Element; draw: (item: T) => void },
  kept: Map<string, { node: Element; draw: (item: T) => void }>,
): void {
  const keys = items.map(key)
  for (const [old, { node }] of kept) {
    if (keys.includes(old)) continue
    node.remove()
    kept.delete(old)
  }
  for (const [i, item] of items.entries()) {
    const each = kept.get(keys[i]!) ?? make()
    kept.set(keys[i]!, each)
    if (parent.children[i] !== each.node) parent.insertBefore(each.node, parent.children[i] ?? null)
    each.draw(item)
  }
}
