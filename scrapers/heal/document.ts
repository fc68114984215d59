/** A captured page as a tree in Node: parsed as a browser would, with the text a person would see. */
import { load } from 'cheerio'
import { type AnyNode, type Element, isTag, isText } from 'domhandler'

/** Elements looked at; what lies beyond is no part of the page for healing. */
const MAX_ELEMENTS = 30_000
/** As in Chromium, which nests no deeper. */
const MAX_DEPTH = 512
/** Longer pages are cut before they are parsed. Characters. */
export const MAX_HTML = 2_500_000
/** As in the page itself: longest value of a field. */
export const MAX_TEXT = 2000
/** Nodes that the text of one element is gathered from. */
const MAX_NODES = 10_000

const UNSEEN = /^(?:script|style|noscript|template|head|iframe|object|svg|math|select|textarea)$/
const BLOCK =
  /^(?:address|article|aside|blockquote|br|button|caption|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|legend|li|main|nav|ol|option|p|pre|section|summary|table|tbody|td|tfoot|th|thead|title|tr|ul)$/

export interface PageTree {
  /** Elements in document order, bounded. */
  elements: Element[]
  /** Those of them that can be seen, as far as the markup tells. */
  shown: Element[]
  /** Place of an element in `elements`, and that of the last one inside it. */
  order: Map<Element, number>
  end: Map<Element, number>
  /** Matches in document order. Throws where the selector cannot be read. */
  select(selector: string): Element[]
  /** The first match inside an element, or null. */
  inside(element: Element, selector: string): Element | null
  /** Text as shown, white space collapsed, at most MAX_TEXT characters and one. */
  text(element: Element): string
}

/** Elements in document order, bounded in number and depth, and whether they can be seen; templates hold none. */
export function* walk(roots: AnyNode[]): Generator<{ element: Element; seen: boolean }> {
  const stack = roots.map((node) => ({ node, depth: 0, seen: true })).toReversed()
  for (let count = 0; stack.length > 0 && count < MAX_ELEMENTS;) {
    const { node, depth, seen: above } = stack.pop()!
    if (!isTag(node)) continue
    const seen = above && !UNSEEN.test(node.name) && !isHidden(node)
    yield { element: node, seen }
    count += 1
    if (depth >= MAX_DEPTH) continue
    for (let i = node.children.length - 1; i >= 0; i -= 1)
      stack.push({ node: node.children[i]!, depth: depth + 1, seen })
  }
}

/** Parses a page. Linear in its length; never throws on what sites write. */
export function parsePage(html: string): PageTree {
  const $ = load(html.slice(0, MAX_HTML), { scriptingEnabled: true })
  const elements: Element[] = []
  const order = new Map<Element, number>()
  const shown: Element[] = []
  for (const { element, seen } of walk($.root()[0]!.children)) {
    order.set(element, elements.length)
    elements.push(element)
    if (seen) shown.push(element)
  }
  const end = new Map<Element, number>()
  for (const element of elements.toReversed()) {
    const last = Math.max(end.get(element) ?? 0, order.get(element)!)
    end.set(element, last)
    const { parent } = element
    if (parent && isTag(parent)) end.set(parent, Math.max(end.get(parent) ?? 0, last))
  }
  const texts = new Map<Element, string>()
  const selected = new Map<string, Element[]>()
  return {
    elements,
    shown,
    order,
    end,
    select(selector) {
      let found = selected.get(selector)
      if (!found)
        selected.set(
          selector,
          (found = $(selector)
            .toArray()
            .filter(isTag)
            .filter((each) => order.has(each))),
        )
      return found
    },
    inside: (element, selector) => $(element).find(selector).toArray().find(isTag) ?? null,
    text(element) {
      let text = texts.get(element)
      if (text === undefined) {
        const parts: string[] = []
        gather(element, parts)
        text = parts
          .join('')
          .replace(/\s+/g, ' ')
          .trim()
          .slice(0, MAX_TEXT + 1)
        texts.set(element, text)
      }
      return text
    },
  }
}

/** Written out text of all below an element, with breaks where a browser breaks lines. Walks by pointers: children may be many. */
function gather(root: Element, parts: string[]): void {
  let characters = MAX_TEXT * 2
  let node: AnyNode | null = root.firstChild
  for (let nodes = 0; node !== null && characters > 0 && nodes < MAX_NODES; nodes += 1) {
    if (isText(node)) {
      parts.push(node.data.slice(0, characters))
      characters -= node.data.trim().length
    } else if (isTag(node) && !UNSEEN.test(node.name) && !isHidden(node)) {
      if (BLOCK.test(node.name)) parts.push(' ')
      if (node.firstChild) {
        node = node.firstChild
        continue
      }
    }
    node = following(node, root, parts)
  }
}

/** The next node after this one and all below it, within `root`. */
function following(from: AnyNode, root: Element, parts: string[]): AnyNode | null {
  let node = from
  while (!node.next) {
    const { parent } = node
    if (!parent || parent === root || !isTag(parent)) return null
    if (BLOCK.test(parent.name)) parts.push(' ')
    node = parent
  }
  return node.next
}

/** Hidden as far as the markup itself tells. */
function isHidden({ attribs }: Element): boolean {
  return (
    attribs['hidden'] !== undefined || /display:\s*none|visibility:\s*hidden/i.test(attribs['style'] ?? '')
  )
}

/** Ancestors, nearest first, at most `limit`. */
export function ancestors(element: Element, limit = 64): Element[] {
  const found: Element[] = []
  for (let at = element.parent; at && isTag(at) && found.length < limit; at = at.parent) found.push(at)
  return found
}

export function elementChildren(element: Element): Element[] {
  return element.children.filter(isTag)
}

export function classesOf({ attribs }: Element): string[] {
  return (attribs['class'] ?? '').split(/\s+/).filter((name) => name !== '')
}
