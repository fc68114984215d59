/** From what a page shows to a scraper that reads it: landmarks, fields with names, and the source of the file. Pure. */
import { maskText } from '../evidence/mask.ts'
import type { RawSuggestions, RawValue } from './in-page-suggest.ts'

export interface SuggestedField {
  name: string
  /** The reader as it is written in the file. */
  code: string
  /** Import it needs. */
  reader: 'money' | 'number' | 'text' | 'list' | 'product'
  /** What it reads now. */
  seen: string
  /** Selector of a value that looks personal. */
  hide?: string
}
export interface Suggestion {
  is: string[]
  fields: SuggestedField[]
}

const MAX_FIELDS = 6
const CURRENCY = /[€$£¥₹]|\b(?:EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|kr)\b/i
/** Types that nearly every page carries, and parts of what a page is about. */
const COMMON = new Set(
  (
    'WebPage WebSite Organization BreadcrumbList ListItem SearchAction ReadAction EntryPoint ImageObject VideoObject ' +
    'SiteNavigationElement PropertyValueSpecification Person Comment Rating AggregateRating Review Brand Offer ' +
    'HowToStep HowToSection NutritionInformation PostalAddress Question Answer'
  ).split(' '),
)

/** Landmarks and fields for a page; always at least one field. */
export function suggest(raw: RawSuggestions): Suggestion {
  const fields: SuggestedField[] = []
  const taken = new Set<string>()
  const named = (wish: string, fallback: string): string => {
    const base = identifier(wish) || fallback
    let name = base
    for (let n = 2; taken.has(name); n += 1) name = `${base}${n}`
    taken.add(name)
    return name
  }
  if (raw.sells) {
    for (const each of ['price', 'currency', 'availability']) taken.add(each)
    fields.push({ name: '...', code: 'product()', reader: 'product', seen: 'price, currency, availability' })
  }
  for (const value of raw.values) {
    if (fields.length >= MAX_FIELDS - (raw.lists.length > 0 ? 1 : 0)) break
    if (raw.sells && /price|amount/i.test(value.selector)) continue
    const reader = readerOf(value.text)
    const personal = maskText(value.text) !== value.text
    const options = [
      ...(value.label === '' ? [] : [`label: ${quote(value.label)}`]),
      // What looks personal is so until its author says otherwise.
      ...(personal ? ['private: true'] : []),
    ].join(', ')
    fields.push({
      name: named(nameOf(value), 'value'),
      code: `${reader}(${quote(value.selector)}${options === '' ? '' : `, { ${options} }`})`,
      reader,
      seen: maskText(value.text),
      ...(personal && { hide: value.selector }),
    })
  }
  const [list] = raw.lists
  if (list !== undefined && !raw.sells) {
    const [nothing] = raw.nothing
    const absent = nothing === undefined ? '' : `, { absentWhen: ${quote(nothing)} }`
    fields.push({
      name: named(lastName(list.selector), 'items'),
      code: `list(${quote(list.selector)}${absent})`,
      reader: 'list',
      seen: `${list.count} items: ${maskText(list.first)}`,
    })
  }
  if (fields.length === 0) {
    const selector = raw.heading === '' ? 'title' : 'h1'
    fields.push({
      name: 'heading',
      code: `text('${selector}')`,
      reader: 'text',
      seen: raw.heading || raw.title,
    })
  }
  return { is: landmarks(raw), fields }
}

function landmarks({ title, heading, siteName, types }: RawSuggestions): string[] {
  const telling = types.find((type) => !COMMON.has(type))
  // A number, an amount or a date in a heading is another one tomorrow.
  const lasting = (text: string): boolean =>
    text !== '' && text.length <= 60 && !/\d/.test(text) && !/ [=~] /.test(text)
  const name = siteName !== '' && title.includes(siteName) ? siteName : lastPart(title)
  return [
    ...(lasting(heading) ? [`h1 = ${heading}`] : heading === '' ? [] : ['h1']),
    ...(lasting(name) ? [`title ~ ${name}`] : []),
    ...(telling === undefined ? [] : [`json-ld ~ ${telling}`]),
  ]
}

/** Sites put their own name at the end of a title: "Accounts | North Bank". */
function lastPart(title: string): string {
  return title.split(/\s+[|–—·•-]\s+/).at(-1) ?? ''
}

function readerOf(text: string): 'money' | 'number' | 'text' {
  if (CURRENCY.test(text)) return 'money'
  return /^[-+]?\d[\d.,'\u2019 ]*%?$/.test(text) ? 'number' : 'text'
}

/** The label if there is one, else the name in the selector. */
function nameOf({ label, selector }: RawValue): string {
  return label === '' ? lastName(selector) : label
}

function lastName(selector: string): string {
  const names = [...selector.matchAll(/="([\w-]+)"|\[(?:data-)?([a-z-]+)\]|[#.]([\w-]+)/g)]
  const last = names.at(-1)
  return last?.[1] ?? last?.[2] ?? last?.[3] ?? ''
}

/** `Account balance` and `account-balance` as `accountBalance`; '' where nothing of it can be a name. */
function identifier(text: string): string {
  const words = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .slice(0, 4)
  const name = words
    .map((word) => (/^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : word))
    .map((word, i) => (i === 0 ? word.charAt(0).toLowerCase() : word.charAt(0).toUpperCase()) + word.slice(1))
    .join('')
  return /^[a-z][A-Za-z0-9]{0,39}$/.test(name) ? name : ''
}

/** As a literal of the project's style. */
export function quote(text: string): string {
  const clean = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  const escaped = clean.replace(/\\/g, '\\\\')
  return clean.includes("'") && !clean.includes('"') ? `"${escaped}"` : `'${escaped.replace(/'/g, "\\'")}'`
}
