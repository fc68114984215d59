/** Takes a value off a page wherever it stands for people, and for machines too where asked, and leaves everything else. */
import { load } from 'cheerio'
import { parsePage, walk } from '../scrapers/heal/document.ts'
import { type Value, keyOf, readStated, readText } from '../scrapers/heal/value.ts'
import { tolerantParse } from '../scrapers/read/json-ld.ts'
import type { FieldSpec } from '../scrapers/read/field.ts'

/** Numbers are looked for in short texts only: a sentence may hold any. */
export const MAX_NUMBER_TEXT = 40

export function without(html: string, spec: FieldSpec, value: Value, from: 'everywhere' | 'sight'): string {
  const $ = load(html, { scriptingEnabled: true })
  const page = parsePage(html)
  const visible = new Set(page.shown)
  const says = sayer(spec, value)
  // Both trees come from the same text: the same place is the same element.
  const twins = [...walk($.root()[0]!.children)].map(({ element }) => element)
  for (const [i, element] of page.elements.entries()) {
    const twin = $(twins[i])
    const isSeen = visible.has(element)
    if (from === 'sight' && !isSeen) continue
    for (const [name, told] of Object.entries(element.attribs)) if (says(told)) twin.removeAttr(name)
    if (element.name === 'script') {
      const json = /json/i.test(element.attribs['type'] ?? '') ? tolerantParse(twin.html() ?? '') : undefined
      if (json !== undefined) twin.text(JSON.stringify(strip(json, says)))
    } else if (isSeen || element.name === 'title') {
      const shown = page.text(element)
      if (shown !== '' && says(shown)) twin.remove()
    }
  }
  return $.html()
}

function sayer(spec: FieldSpec, value: Value): (text: string) => boolean {
  const keys = new Set((Array.isArray(value) ? value : [value]).map((each) => keyOf(each)))
  if (Array.isArray(value)) keys.add(keyOf(value.join(',')))
  const as: FieldSpec = spec.kind === 'list' ? { kind: 'text', selector: '' } : spec
  return (text) => {
    if (text === '' || (as.kind !== 'text' && text.length > MAX_NUMBER_TEXT)) return false
    return [readText(as, text), readStated(as, text)].some((each) => each !== null && keys.has(keyOf(each)))
  }
}

function strip(json: unknown, says: (text: string) => boolean): unknown {
  if (Array.isArray(json)) return json.map((each) => strip(each, says)).filter((each) => each !== undefined)
  if (json !== null && typeof json === 'object')
    return Object.fromEntries(
      Object.entries(json).flatMap(([key, inner]) => {
        const kept = strip(inner, says)
        return kept === undefined ? [] : [[key, kept]]
      }),
    )
  return (typeof json === 'string' || typeof json === 'number') && says(String(json)) ? undefined : json
}
