/**
 * What runs inside a page that somebody wants a scraper for: finds what it could be known by and what could be read
 * there, with selectors that say what they mean. Self-contained, as only its source travels.
 */

export interface RawValue {
  selector: string
  text: string
  /** Text that stands beside the value, such as that of its `dt` or `th`. */
  label: string
}
export interface RawList {
  selector: string
  count: number
  /** Text of the first item. */
  first: string
}
export interface RawSuggestions {
  title: string
  heading: string
  siteName: string
  /** Types of structured data, most frequent first. */
  types: string[]
  /** Structured data or markup says what is sold and for how much. */
  sells: boolean
  values: RawValue[]
  lists: RawList[]
  /** Sentences that say that there is nothing. */
  nothing: string[]
}

/** Looks through the document it runs in. */
export function suggestInPage(): RawSuggestions {
  const MAX_NODES = 20_000
  const MAX_VALUES = 12
  const MAX_LISTS = 3
  const MONEY =
    /(?:[€$£¥₹]|\b(?:EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK)\b)\s?-?\d|\d[\d.,'\u2019\s]{0,15}\s?(?:[€$£¥₹]|\b(?:EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|kr)\b)/i
  const NOTHING =
    /\b(?:no|nothing|none|keine?|nichts|aucune?|nessun[oa]?|ning[uú]n[oa]?|geen|inga)\b[^.!?\n]{0,40}\b(?:yet|found|available|results?|items?|entries|orders?|transactions?|products?|vorhanden|gefunden|verf(?:ü|ue)gbar|eintr(?:ä|ae)ge|trouv(?:é|e)s?|disponibles?|trovat[oi]|gevonden|hittades)\b|\b(?:sold out|out of stock|ausverkauft|nicht auf lager|rupture de stock|agotado|esaurito|uitverkocht)\b/i
  const clean = (text: string | null | undefined) => (text ?? '').replace(/\s+/g, ' ').trim()
  const shown = (element: Element) => {
    const box = element.getBoundingClientRect()
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== 'hidden'
  }
  const count = (selector: string) => {
    try {
      return document.querySelectorAll(selector).length
    } catch {
      return 0
    }
  }
  const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
  /** Names that a build tool made up change with the next build. */
  const spoken = (name: string) =>
    /^[A-Za-z][\w-]{1,40}$/.test(name) &&
    !/\d{3}|^(?:css|sc|jsx|svelte|ember|ng|data-v|__)-?/.test(name) &&
    name.split(/[-_]/).every((part) => {
      const turns = part.match(/[a-z][A-Z]|[A-Z]{2}[a-z]/g)?.length ?? 0
      return turns < 3 && !(/\d/.test(part) && /[A-Z]/.test(part)) && !/\d[a-z]+\d|[a-z]\d[a-z]/.test(part)
    })
  const ANYWHERE =
    /^(?:container|wrapper|row|col|active|hidden|clearfix|left|right|main|content|inner|outer|text|value|num|cell|bold)$/i

  /** Selectors of one element, the most telling first. */
  const selectorsOf = (element: Element): string[] => {
    const tag = element.tagName.toLowerCase()
    const found: string[] = []
    for (const { name, value } of Array.from(element.attributes)) {
      if (/^data-(?:test|testid|test-id|qa|cy|field|name|key|role|id)$/.test(name) && spoken(value))
        found.push(`[${name}=${quoted(value)}]`)
      else if (
        /^data-[a-z]+(?:-[a-z]+)*$/.test(name) &&
        !/^data-(?:v|react|reactid|n|s|w|index|src|href|toggle|target|ng|bs)\b/.test(name)
      )
        found.push(`[${name}]`)
      else if (name === 'itemprop' && spoken(value)) found.push(`[itemprop=${quoted(value)}]`)
    }
    if (element.id !== '' && spoken(element.id)) found.push(`#${element.id}`)
    const classes = Array.from(element.classList).filter((name) => spoken(name))
    for (const name of classes.filter((each) => !ANYWHERE.test(each)))
      found.push(`.${name}`, `${tag}.${name}`)
    if (classes.length > 1) found.push(`${tag}.${classes.slice(0, 3).join('.')}`)
    return found
  }
  /** One that matches this element alone, by itself or below an ancestor; null where none says it. */
  const selectorOf = (element: Element): string | null => {
    const own = selectorsOf(element)
    const unique = own.find((selector) => count(selector) === 1)
    if (unique !== undefined) return unique
    const tag = element.tagName.toLowerCase()
    let above = element.parentElement
    for (let depth = 0; above !== null && depth < 5; depth += 1, above = above.parentElement) {
      for (const upper of selectorsOf(above)) {
        for (const lower of [...own, tag]) {
          const selector = `${upper} ${lower}`
          if (count(selector) === 1) return selector
        }
      }
    }
    return null
  }
  const labelOf = (element: Element): string => {
    const cell = element.closest('dd, td, li, p, div')
    const before = element.previousElementSibling ?? cell?.previousElementSibling ?? null
    const near = [
      element.getAttribute('aria-label'),
      before !== null && /^(DT|TH|LABEL|SPAN|B|STRONG|H[2-6]|P|DIV|TD)$/.test(before.tagName)
        ? before.textContent
        : '',
    ]
    const text = near.map(clean).find((each) => each !== '') ?? ''
    return text.length <= 40 && /\p{L}/u.test(text) && !/\d/.test(text) ? text.replace(/\s*:$/, '') : ''
  }

  const elements = Array.from(document.querySelectorAll('body *')).slice(0, MAX_NODES)
  const inFrame = (element: Element) =>
    element.closest('h1, nav, footer, header, aside, script, style, noscript, template, form') !== null

  const lists: (RawList & { weight: number; items: Element[] })[] = []
  for (const parent of elements) {
    if (parent.childElementCount < 2 || inFrame(parent)) continue
    const kinds = new Map<string, Element[]>()
    for (const child of Array.from(parent.children)) {
      const [first = ''] = Array.from(child.classList).filter((name) => spoken(name))
      const kind = `${child.tagName} ${first}`
      const like = kinds.get(kind)
      if (like === undefined) kinds.set(kind, [child])
      else like.push(child)
    }
    for (const [kind, items] of kinds) {
      const [tag = '', name = ''] = kind.split(' ')
      const first = clean(items[0]?.textContent)
      const listed = /^(TR|LI|ARTICLE)$/.test(tag)
      if (items.length < (listed ? 2 : 3) || first.length < 3 || (!listed && name === '')) continue
      if (
        /^(TD|TH|DT|DD|OPTION|BR|SCRIPT|LINK|COL|PATH)$/.test(tag) ||
        items.every((item) => item.querySelector('th'))
      )
        continue
      const lower = tag.toLowerCase()
      const above = selectorOf(parent)
      const selectors = [
        name === '' ? '' : `${lower}.${name}`,
        above === null ? '' : `${above} > ${lower}${name === '' ? '' : `.${name}`}`,
      ]
      const selector = selectors.find((each) => each !== '' && count(each) === items.length)
      if (selector === undefined) continue
      const text = items.reduce((sum, item) => sum + clean(item.textContent).length, 0)
      const weight =
        Math.min(text, 5000) * (MONEY.test(first) || /\d/.test(first) ? 2 : 1) * (tag === 'TR' ? 2 : 1)
      lists.push({ selector, count: items.length, first: first.slice(0, 120), weight, items })
    }
  }
  const best = lists.toSorted((a, b) => b.weight - a.weight)
  const chosen = best
    .filter(
      ({ items }, i) =>
        !best
          .slice(0, i)
          .some((other) => other.items.some((item) => item.contains(items[0]!) || items[0]!.contains(item))),
    )
    .slice(0, MAX_LISTS)

  const values: RawValue[] = []
  const taken = new Set<string>()
  for (const element of elements) {
    if (values.length >= MAX_VALUES) break
    if (inFrame(element) || chosen.some(({ items }) => items.some((item) => item.contains(element)))) continue
    const text = clean(element.textContent)
    if (text === '' || text.length > 60 || !/\d/.test(text) || !shown(element)) continue
    // The innermost element that holds the whole text.
    if (Array.from(element.children).some((child) => clean(child.textContent) === text)) continue
    const telling = Array.from(element.attributes).some(
      ({ name }) => /^data-[a-z]/.test(name) || name === 'itemprop',
    )
    const cell = /^(DD|TD|OUTPUT|METER|DATA)$/.test(element.tagName)
    if (!MONEY.test(text) && !telling && !cell) continue
    if (
      element.childElementCount > 0 &&
      Array.from(element.children).some((child) => MONEY.test(clean(child.textContent)))
    )
      continue
    const selector = selectorOf(element)
    if (selector === null || taken.has(selector)) continue
    taken.add(selector)
    values.push({ selector, text: text.slice(0, 60), label: labelOf(element) })
  }

  const types = new Map<string, number>()
  let sells =
    document.querySelector(
      '[itemprop=price], meta[property="product:price:amount"], meta[property="og:price:amount"]',
    ) !== null
  for (const script of document.querySelectorAll('script[type="application/ld+json"]')) {
    const text = (script.textContent ?? '').slice(0, 300_000)
    for (const [, type = ''] of text.matchAll(/"@type"\s*:\s*\[?\s*"([^"]{1,80})"/g))
      types.set(type, (types.get(type) ?? 0) + 1)
    sells ||= /"@type"\s*:\s*\[?\s*"Product"/.test(text) && /"offers"/.test(text)
  }
  const nothing: string[] = []
  for (const element of elements) {
    if (element.childElementCount > 2 || nothing.length >= 3) continue
    const text = clean(element.textContent)
    if (text.length >= 5 && text.length <= 80 && NOTHING.test(text) && !nothing.includes(text))
      nothing.push(text)
  }
  const headings = Array.from(document.querySelectorAll('h1')).filter(shown)
  return {
    title: clean(document.title).slice(0, 200),
    heading: clean(headings[0]?.textContent).slice(0, 120),
    siteName: clean(document.querySelector('meta[property="og:site_name"]')?.getAttribute('content')).slice(
      0,
      80,
    ),
    types: Array.from(types)
      .toSorted((a, b) => b[1] - a[1])
      .map(([type]) => type)
      .slice(0, 5),
    sells,
    values,
    lists: chosen.map(({ selector, count: items, first }) => ({ selector, count: items, first })),
    nothing,
  }
}
