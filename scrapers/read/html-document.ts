/**
 * A page without a browser: markup parsed as browsers parse it, behind the few members of the DOM that the function
 * for reading pages uses. So one reader serves both, and both mean the same by a scraper's `read`.
 */
import { load } from 'cheerio'
import { compile, selectAll, selectOne } from 'css-select'
import {
  type AnyNode,
  type Document,
  type Element,
  Text,
  cloneNode,
  hasChildren,
  isTag,
  isText,
} from 'domhandler'
import { getOuterHTML, removeElement } from 'domutils'

/** Never part of what a person sees. */
const UNSEEN =
  /^(?:script|style|noscript|template|head|title|meta|link|iframe|object|svg|math|textarea|select)$/
/** Lines break around these. */
const BLOCK =
  /^(?:address|article|aside|blockquote|br|button|caption|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|legend|li|main|nav|ol|option|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)$/
const HIDDEN = /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)/i

/** What `readPage` is given in place of the browser's own `document`, `location` and `getComputedStyle`. */
export interface HtmlPage {
  document: HtmlDocument
  location: { href: string }
  getComputedStyle: (element: HtmlElement) => Record<string, string>
}

export function htmlPage(html: string, url: string): HtmlPage {
  const tree = new Tree(load(html, { scriptingEnabled: true }).root()[0]!)
  return {
    document: new HtmlDocument(tree),
    location: { href: url },
    // Without style sheets only what the markup itself says is known.
    getComputedStyle: (element) => ({
      display: element.hidden ? 'none' : 'block',
      visibility: element.hidden ? 'hidden' : 'visible',
      textDecorationLine: element.closest('s,del,strike') ? 'line-through' : 'none',
      fontSize: '',
    }),
  }
}

type Predicate = ReturnType<typeof compile<AnyNode, Element>>

/** One element object for each node, and one predicate for each selector, however often they are asked for. */
class Tree {
  readonly root: Document
  readonly #known = new WeakMap<Element, HtmlElement>()
  readonly #compiled = new Map<string, Predicate>()

  constructor(root: Document) {
    this.root = root
  }

  wrap(node: Element): HtmlElement {
    let known = this.#known.get(node)
    if (!known) this.#known.set(node, (known = new HtmlElement(node, this)))
    return known
  }

  /** Throws where the selector cannot be read. */
  predicate(selector: string): Predicate {
    let compiled = this.#compiled.get(selector)
    if (!compiled) this.#compiled.set(selector, (compiled = compile<AnyNode, Element>(selector)))
    return compiled
  }

  /** Matches below `within` in document order. */
  all(selector: string, within: Document | Element): HtmlElement[] {
    const found = selectAll<AnyNode, Element>(this.predicate(selector), within.children)
    return found.map((node) => this.wrap(node))
  }

  first(selector: string, within: Document | Element): HtmlElement | null {
    const found = selectOne<AnyNode, Element>(this.predicate(selector), within.children)
    return found && this.wrap(found)
  }
}

export class HtmlDocument {
  readonly #tree: Tree

  constructor(tree: Tree) {
    this.#tree = tree
  }

  get title(): string {
    return (this.querySelector('head > title') ?? this.querySelector('title'))?.textContent.trim() ?? ''
  }

  get documentElement(): HtmlElement | null {
    return this.querySelector('html')
  }

  get body(): HtmlElement | null {
    return this.querySelector('body')
  }

  querySelectorAll(selector: string): HtmlElement[] {
    return this.#tree.all(selector, this.#tree.root)
  }

  querySelector(selector: string): HtmlElement | null {
    return this.#tree.first(selector, this.#tree.root)
  }
}

export class HtmlElement {
  readonly #node: Element
  readonly #tree: Tree

  constructor(node: Element, tree: Tree) {
    this.#node = node
    this.#tree = tree
  }

  get tagName(): string {
    return this.#node.name.toUpperCase()
  }

  get id(): string {
    return this.#node.attribs['id'] ?? ''
  }

  get lang(): string {
    return this.#node.attribs['lang'] ?? ''
  }

  getAttribute(name: string): string | null {
    return this.#node.attribs[name.toLowerCase()] ?? null
  }

  hasAttribute(name: string): boolean {
    return this.getAttribute(name) !== null
  }

  get textContent(): string {
    return gather(this.#node, false)
  }

  set textContent(text: string) {
    const only = new Text(text)
    only.parent = this.#node
    this.#node.children = [only]
  }

  get innerText(): string {
    return gather(this.#node, true)
  }

  get outerHTML(): string {
    return getOuterHTML(this.#node)
  }

  /** Hidden as far as the markup itself tells. */
  get hidden(): boolean {
    for (let at: AnyNode | null = this.#node; at && isTag(at); at = at.parent)
      if (isHidden(at) || UNSEEN.test(at.name)) return true
    return false
  }

  get parentElement(): HtmlElement | null {
    const { parent } = this.#node
    return parent && isTag(parent) ? this.#tree.wrap(parent) : null
  }

  get children(): HtmlElement[] {
    return this.#node.children.filter(isTag).map((node) => this.#tree.wrap(node))
  }

  get previousSibling(): { textContent: string } | null {
    const { prev } = this.#node
    return prev && { textContent: isText(prev) ? prev.data : gather(prev, false) }
  }

  querySelectorAll(selector: string): HtmlElement[] {
    return this.#tree.all(selector, this.#node)
  }

  querySelector(selector: string): HtmlElement | null {
    return this.#tree.first(selector, this.#node)
  }

  getElementsByTagName(name: string): HtmlElement[] {
    return this.querySelectorAll(name)
  }

  closest(selector: string): HtmlElement | null {
    const matches = this.#tree.predicate(selector)
    for (let at: AnyNode | null = this.#node; at && isTag(at); at = at.parent)
      if (matches(at)) return this.#tree.wrap(at)
    return null
  }

  contains(other: HtmlElement): boolean {
    for (let at: AnyNode | null = other.#node; at; at = at.parent) if (at === this.#node) return true
    return false
  }

  cloneNode(): HtmlElement {
    return new HtmlElement(cloneNode(this.#node, true), this.#tree)
  }

  remove(): void {
    removeElement(this.#node)
  }

  getBoundingClientRect(): { width: number; height: number } {
    return this.hidden ? { width: 0, height: 0 } : { width: 1, height: 1 }
  }

  getClientRects(): unknown[] {
    return this.hidden ? [] : [1]
  }
}

function isHidden({ name, attribs }: Element): boolean {
  return (
    attribs['hidden'] !== undefined ||
    HIDDEN.test(attribs['style'] ?? '') ||
    (name === 'input' && attribs['type'] === 'hidden')
  )
}

/** Longest text of one element. */
const MAX_CHARACTERS = 400_000

/** Text below a node, with line breaks where `shown` text has them. Walks by pointers: pages may be deep. */
function gather(root: AnyNode, shown: boolean): string {
  const parts: string[] = []
  let room = MAX_CHARACTERS
  const enters = (node: Element) => !shown || !(UNSEEN.test(node.name) || isHidden(node))
  const breaks = (node: AnyNode) => shown && isTag(node) && BLOCK.test(node.name)
  let node: AnyNode | null = hasChildren(root) ? (root.children[0] ?? null) : null
  while (node !== null && room > 0) {
    if (isText(node)) {
      parts.push(node.data.slice(0, room))
      room -= node.data.length
    } else if (hasChildren(node) && (!isTag(node) || enters(node))) {
      if (breaks(node)) parts.push('\n')
      const [first]: AnyNode[] = node.children
      if (first) {
        node = first
        continue
      }
    }
    while (node !== null && node !== root && !node.next) {
      node = node.parent
      if (node !== null && node !== root && breaks(node)) parts.push('\n')
    }
    node = node === null || node === root ? null : node.next
  }
  return parts.join('')
}
