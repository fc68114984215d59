/**
 * What runs inside the page: one self-contained function that follows plain data and answers with plain data.
 * It must not refer to anything outside itself, since only its source text travels to the browser.
 */
import type { Landmark } from '../define/landmark.ts'
import type { FieldSpec } from './field.ts'
import type { RawProduct } from './in-page-product.ts'

export interface PageQuestion {
  landmarks: Landmark[]
  login: Landmark | null
  fields: Record<string, FieldSpec>
}

/** What one selector found, unjudged. */
export interface RawField {
  matches: number
  /** Text or attribute of the first match (of every item, for lists); null where the attribute is not there. */
  texts: (string | null)[]
  /** Items of a list with readers: per item and field, what the field's selector found. */
  items: Record<string, string | null>[]
  /** The fallback selector that matched where the field's own did not. */
  by?: string
  /** The absence marker is on the page; the label is. */
  marker: boolean
  label: boolean
  /** The selector cannot be read by the browser. */
  error?: string
}

export interface PageAnswer {
  url: string
  title: string
  landmarks: boolean[]
  login: boolean
  password: boolean
  /** Characters of visible text; null where no password is asked for. */
  textLength: number | null
  fields: Record<string, RawField>
  product: RawProduct | null
  bodyBytes: number
  bodyHead: string
}

/** Answers the question about the document it runs in. */
export function readPage(question: PageQuestion, readProduct: () => RawProduct): PageAnswer {
  const MAX_TEXT = 2000
  const MAX_PAGE_TEXT = 300_000
  const MAX_HEAD = 64 * 1024

  const clean = (text: string) => text.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT)
  const visibleText = (element: Element) => {
    const inner = (element as HTMLElement).innerText
    // Decimals set high (173<sup>34</sup>) would run into the number: 17334.
    const sup = element.querySelector('sup')
    if (
      sup &&
      /^\d{2}$/.test((sup.textContent ?? '').trim()) &&
      /\d\s*$/.test(sup.previousSibling?.textContent ?? '')
    ) {
      const copy = element.cloneNode(true) as Element
      for (const each of copy.querySelectorAll('sup'))
        each.textContent = `.${(each.textContent ?? '').trim()}`
      return copy.textContent ?? ''
    }
    return inner === undefined || inner === '' ? (element.textContent ?? '') : inner
  }
  let cachedText: string | null = null
  const pageText = () => {
    cachedText ??= (document.body?.innerText ?? '').slice(0, MAX_PAGE_TEXT).replace(/\s+/g, ' ').toLowerCase()
    return cachedText
  }
  const isVisible = (element: Element) => {
    const box = element.getBoundingClientRect()
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== 'hidden'
  }
  const compare = (found: string, test: string, wanted: string) => {
    const a = clean(found).toLowerCase()
    const b = wanted.replace(/\s+/g, ' ').toLowerCase()
    return test === 'equals' ? a === b : a.includes(b)
  }
  const structuredTypes = () => {
    const types: string[] = []
    for (const script of document.querySelectorAll('script[type="application/ld+json"]')) {
      for (const match of (script.textContent ?? '')
        .slice(0, MAX_PAGE_TEXT)
        .matchAll(/"@type"\s*:\s*\[?\s*"([^"]{1,80})"/g)) {
        types.push(match[1] ?? '')
      }
    }
    for (const scope of document.querySelectorAll('[itemtype]')) {
      types.push((scope.getAttribute('itemtype') ?? '').replace(/.*\//, ''))
    }
    return types
  }
  const matches = (mark: PageQuestion['landmarks'][number]) => {
    try {
      if (mark.on === 'title')
        return mark.test === 'present' ? document.title !== '' : compare(document.title, mark.test, mark.text)
      if (mark.on === 'url')
        return mark.test === 'equals' ? location.href === mark.text : location.href.includes(mark.text)
      if (mark.on === 'text') return pageText().includes(mark.text.toLowerCase())
      if (mark.on === 'json-ld') return structuredTypes().some((type) => compare(type, mark.test, mark.text))
      if (mark.on === 'meta') {
        const meta = document.querySelector(`meta[property=${JSON.stringify(mark.target)}]`)
        return (
          meta !== null &&
          (mark.test === 'present' || compare(meta.getAttribute('content') ?? '', mark.test, mark.text))
        )
      }
      const elements = [...document.querySelectorAll(mark.target)].slice(0, 50)
      if (mark.test === 'present') return elements.length > 0
      return elements.some((element) => compare(visibleText(element), mark.test, mark.text))
    } catch {
      return false
    }
  }
  const valueOf = (element: Element, attribute: string | undefined) => {
    const raw = attribute === undefined ? visibleText(element) : element.getAttribute(attribute)
    return raw === null ? null : clean(raw)
  }
  const readField = (spec: PageQuestion['fields'][string]): RawField => {
    const raw: RawField = { matches: 0, texts: [], items: [], marker: false, label: false }
    try {
      const marker = spec.absentWhen
      if (typeof marker === 'string')
        raw.marker = pageText().includes(marker.replace(/\s+/g, ' ').toLowerCase())
      else if (marker) raw.marker = document.querySelector(marker.selector) !== null
      if (spec.label !== undefined) raw.label = pageText().includes(spec.label.toLowerCase())
      if (spec.kind === 'product') return raw
      let found = document.querySelectorAll(spec.selector)
      for (const other of spec.or ?? []) {
        if (found.length > 0) break
        found = document.querySelectorAll(other)
        if (found.length > 0) raw.by = other
      }
      raw.matches = found.length
      if (spec.kind !== 'list') {
        const first = found[0]
        if (first) raw.texts.push(valueOf(first, spec.attr))
        return raw
      }
      for (const item of [...found].slice(0, Math.min(spec.limit, 1000))) {
        if (!spec.fields) {
          raw.texts.push(valueOf(item, undefined))
          continue
        }
        const row: Record<string, string | null> = {}
        for (const [name, inner] of Object.entries(spec.fields)) {
          let element = inner.selector === '' ? item : item.querySelector(inner.selector)
          for (const other of inner.or ?? []) {
            if (element !== null) break
            element = item.querySelector(other)
            if (element !== null) raw.by ??= other
          }
          row[name] = element && valueOf(element, inner.attr)
        }
        raw.items.push(row)
      }
    } catch (error) {
      raw.error = String(error).slice(0, 200)
    }
    return raw
  }

  const landmarks = question.landmarks.map(matches)
  const password = [...document.querySelectorAll('input[type=password]')].slice(0, 20).some(isVisible)
  const fields: Record<string, RawField> = {}
  for (const [name, spec] of Object.entries(question.fields)) fields[name] = readField(spec)
  const wantsProduct = Object.values(question.fields).some((spec) => spec.kind === 'product')
  const html = document.documentElement?.outerHTML ?? ''
  return {
    url: location.href,
    title: clean(document.title).slice(0, 300),
    landmarks,
    login: question.login !== null && matches(question.login),
    password,
    textLength: password ? pageText().length : null,
    fields,
    product: wantsProduct ? readProduct() : null,
    bodyBytes: html.length,
    bodyHead: html.slice(0, MAX_HEAD),
  }
}
