/** A selector for an element, as a person would write it: few parts, names that mean something, no counting. */
import type { Element } from 'domhandler'
import { ancestors, classesOf, elementChildren, type PageTree } from './document.ts'

/** Names that a build tool makes up anew with each build. */
const MADE_UP =
  /\d{3}|^(?:css|sc|jsx|svelte|emotion|chakra|jss|astro)-|[a-z]\d[a-z]|\d[a-z]+\d|__\w{5,8}$|^[A-Za-z]{1,2}$|^_|:/
const HANDLES = ['data-testid', 'data-test', 'data-qa', 'itemprop', 'name', 'property', 'rel', 'aria-label']

/** The first selector found that matches this element alone, else one whose first match it is. */
export function selectorFor(element: Element, page: PageTree): string | null {
  return (
    find(element, page, (matches) => matches.length === 1 && matches[0] === element) ??
    find(element, page, (matches) => matches[0] === element)
  )
}

/** A selector that matches exactly these elements, which share a template. */
export function selectorForAll(elements: Element[], page: PageTree): string | null {
  const [first] = elements
  if (!first) return null
  return find(
    first,
    page,
    (matches) => matches.length === elements.length && matches.every((each, i) => each === elements[i]),
  )
}

function find(element: Element, page: PageTree, fits: (matches: Element[]) => boolean): string | null {
  const own = names(element)
  const above = ancestors(element, 10).filter(({ name }) => name !== 'html' && name !== 'body')
  for (const name of own) if (fits(matching(name, page))) return name
  for (const ancestor of above)
    for (const anchor of names(ancestor).slice(0, -1)) {
      const anchors = new Set(matching(anchor, page))
      for (const name of own) {
        const inside = matching(name, page).filter((each) => ancestors(each).some((at) => anchors.has(at)))
        if (fits(inside)) return `${anchor} ${name}`
      }
    }
  // Nothing has a name of its own: count from the nearest ancestor that has.
  for (const [i, ancestor] of [...above, null].entries()) {
    const steps = [...above.slice(0, i).toReversed(), element].map(counted)
    const anchors = ancestor === null ? [''] : names(ancestor).slice(0, -1).slice(0, 2)
    for (const anchor of anchors) {
      const selector = [...(anchor === '' ? [] : [anchor]), ...steps].join(' > ')
      if (fits(matching(selector, page))) return selector
    }
  }
  return null
}

function matching(selector: string, page: PageTree): Element[] {
  try {
    return page.select(selector)
  } catch {
    return []
  }
}

/** Ways to name an element alone, best first; its bare tag last. */
function names(element: Element): string[] {
  const { attribs, name } = element
  const found: string[] = name === 'h1' ? ['h1'] : []
  const id = attribs['id']
  if (id && !MADE_UP.test(id) && id.length < 50) found.push(`#${escape(id)}`)
  for (const handle of HANDLES) {
    const value = attribs[handle]
    if (value && value.length < 50 && !/["\\\n]/.test(value)) found.push(`[${handle}="${value}"]`)
  }
  const classes = classesOf(element).filter((each) => each.length < 50)
  const kept = classes.filter((each) => !MADE_UP.test(each)).slice(0, 4)
  for (const each of kept) found.push(`.${escape(each)}`)
  if (kept.length > 1) found.push(`.${escape(kept[0]!)}.${escape(kept[1]!)}`)
  for (const each of kept) found.push(`${name}.${escape(each)}`)
  found.push(name)
  return found
}

function counted(element: Element): string {
  const { parent, name } = element
  if (!parent) return name
  const siblings = elementChildren(parent as Element).filter((each) => each.name === name)
  return siblings.length > 1 ? `${name}:nth-of-type(${siblings.indexOf(element) + 1})` : name
}

function escape(name: string): string {
  return name.replace(/^\d/, (digit) => `\\3${digit} `).replace(/[^\p{L}\p{N}_\\ -]/gu, (sign) => `\\${sign}`)
}
