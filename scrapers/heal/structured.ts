/**
 * What a page tells machines: JSON-LD, microdata, meta tags and the data its own scripts were sent, as values under
 * paths that survive a new layout: `Recipe.author.name` is the same path in JSON-LD and in microdata.
 */
import { type Element, isTag } from 'domhandler'
import { tolerantParse } from '../read/json-ld.ts'
import { ancestors, type PageTree } from './document.ts'

export type Syntax = 'json-ld' | 'microdata' | 'meta' | 'json'

export interface Statement {
  syntax: Syntax
  /** All that stands under this path, in order. */
  values: string[]
}
/** Statements by `path`; several syntaxes may state the same path. */
export type Structured = Map<string, Statement[]>

const MAX_LEAVES = 20_000
const MAX_SCRIPT = 2_000_000
const MAX_DEPTH = 24
const MAX_VALUE = 4000
const MAX_VALUES = 400

export function structuredData(page: PageTree): Structured {
  const book = new Book()
  const scripts = page.elements.filter(({ name }) => name === 'script')
  const ld = scripts.filter(({ attribs }) => /ld\+json/i.test(attribs['type'] ?? '')).flatMap(parsed)
  const byId = new Map<string, Node>()
  for (const root of ld) indexIds(root, byId)
  for (const root of ld) walkLinked(root, '', 0, byId, book)
  microdata(page, book)
  for (const element of page.elements) metaOf(element, page, book)
  for (const script of scripts) {
    if (!/^application\/json$/i.test(script.attribs['type'] ?? '')) continue
    const name = script.attribs['id'] ?? ''
    for (const root of parsed(script)) walkPlain(root, `#${/\d{3}/.test(name) ? '' : name}`, 0, book)
  }
  return book.statements
}

type Node = Record<string, unknown>

class Book {
  readonly statements: Structured = new Map()
  #leaves = 0

  add(syntax: Syntax, path: string, value: unknown): void {
    if (this.#leaves >= MAX_LEAVES || path.length > 300) return
    const text = typeof value === 'string' ? value.slice(0, MAX_VALUE) : String(value)
    if (text.trim() === '') return
    this.#leaves += 1
    const known = this.statements.get(path) ?? []
    let statement = known.find((each) => each.syntax === syntax)
    if (!statement) {
      statement = { syntax, values: [] }
      this.statements.set(path, [...known, statement])
    }
    if (statement.values.length < MAX_VALUES) statement.values.push(text)
  }
}

function parsed(script: Element): unknown[] {
  const text = script.children.map((child) => ('data' in child ? String(child.data) : '')).join('')
  const value = text.length > MAX_SCRIPT ? undefined : tolerantParse(text)
  return value === undefined ? [] : [value]
}

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function typeOf(node: Node): string {
  const types = [node['@type']].flat().map((type) => String(type ?? '').replace(/^.*[/:#]/, ''))
  return types[0] ?? ''
}

/** Nodes that are told once and pointed at by `@id`. */
function indexIds(root: unknown, byId: Map<string, Node>, depth = 0): void {
  if (depth > MAX_DEPTH || byId.size > 2000) return
  if (Array.isArray(root)) for (const each of root.slice(0, MAX_VALUES)) indexIds(each, byId, depth + 1)
  else if (isNode(root)) {
    const id = root['@id']
    if (typeof id === 'string' && Object.keys(root).length > 1 && !byId.has(id)) byId.set(id, root)
    for (const inner of Object.values(root)) indexIds(inner, byId, depth + 1)
  }
}

function walkLinked(value: unknown, path: string, depth: number, byId: Map<string, Node>, book: Book): void {
  if (depth > MAX_DEPTH) return
  if (Array.isArray(value)) {
    for (const each of value.slice(0, MAX_VALUES)) walkLinked(each, path, depth + 1, byId, book)
    return
  }
  if (!isNode(value)) {
    if (path !== '' && value !== null && value !== undefined) book.add('json-ld', path, value)
    return
  }
  const told = Object.keys(value).length === 1 ? byId.get(String(value['@id'])) : undefined
  if (told) {
    if (depth < 8) walkLinked(told, path, depth + 4, byId, book)
    return
  }
  for (const [key, inner] of Object.entries(value)) {
    if (key === '@graph') walkLinked(inner, '', depth + 1, byId, book)
    else if (!key.startsWith('@'))
      walkLinked(inner, path === '' ? `${typeOf(value)}.${key}` : `${path}.${key}`, depth + 1, byId, book)
  }
}

function walkPlain(value: unknown, path: string, depth: number, book: Book): void {
  if (depth > MAX_DEPTH) return
  if (Array.isArray(value))
    for (const each of value.slice(0, MAX_VALUES)) walkPlain(each, path, depth + 1, book)
  else if (isNode(value))
    for (const [key, inner] of Object.entries(value).slice(0, MAX_VALUES))
      walkPlain(inner, `${path}.${/\d{3}|^.{40}/.test(key) ? '*' : key}`, depth + 1, book)
  else if (value !== null && value !== undefined) book.add('json', path, value)
}

function microdata(page: PageTree, book: Book): void {
  for (const element of page.elements) {
    const property = element.attribs['itemprop']
    if (property === undefined || element.attribs['itemscope'] !== undefined) continue
    const names = [property.split(/\s+/)[0] ?? '']
    let type = ''
    for (const above of ancestors(element)) {
      if (above.attribs['itemscope'] === undefined) continue
      type = (above.attribs['itemtype'] ?? '').replace(/^.*[/:#]/, '')
      const inner = above.attribs['itemprop']
      if (inner === undefined) break
      names.unshift(inner.split(/\s+/)[0] ?? '')
    }
    book.add('microdata', `${type}.${names.join('.')}`, machineText(element, page))
  }
}

/** What an element says to machines: its content attribute, address or time before its text. */
function machineText(element: Element, page: PageTree): string {
  const { attribs, name } = element
  const told =
    attribs['content'] ??
    (name === 'time' ? attribs['datetime'] : undefined) ??
    (name === 'a' || name === 'link' ? attribs['href'] : undefined) ??
    (name === 'img' ? attribs['src'] : undefined) ??
    (name === 'data' || name === 'meter' ? attribs['value'] : undefined)
  // Links carry names of people and places at least as often as addresses.
  return name === 'a' ? page.text(element) || (told ?? '') : (told ?? page.text(element))
}

function metaOf(element: Element, page: PageTree, book: Book): void {
  const { name, attribs } = element
  if (name === 'meta') {
    const key = attribs['property'] ?? attribs['name']
    if (key !== undefined && attribs['content'] !== undefined)
      book.add('meta', `meta.${key.toLowerCase()}`, attribs['content'])
  } else if (name === 'title' && element.parent && isTag(element.parent) && element.parent.name === 'head')
    book.add('meta', 'meta.title', page.text(element))
  else if (name === 'link' && attribs['rel'] === 'canonical' && attribs['href'] !== undefined)
    book.add('meta', 'meta.canonical', attribs['href'])
}
