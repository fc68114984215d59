/** Offers of the product a page is about, from its JSON-LD scripts; tolerant of what sites really write. */

export interface Offer {
  price: string | null
  currency: string | null
  availability: string | null
}

type Node = Record<string, unknown>

const MAX_NODES = 5000
// In any case: sites write "product", too.
const PRODUCT =
  /^(?:Product|ProductGroup|ProductModel|IndividualProduct|SomeProducts|Vehicle|Car|Book|Offer|AggregateOffer)$/i

/** Offers in the order of trust: those of products named like the heading first. */
export function jsonLdOffers(scripts: string[], heading: string): Offer[] {
  const products: { node: Node; depth: number }[] = []
  for (const script of scripts) {
    const parsed = tolerantParse(script)
    if (parsed !== undefined) collect(parsed, 0, products)
  }
  const named = (node: Node) => sameName(textOf(node['name']), heading)
  // Products inside other nodes (lists, related items) are less likely to be what the page is about.
  const ranked = products.toSorted(
    (a, b) => Number(named(b.node)) - Number(named(a.node)) || a.depth - b.depth,
  )
  return ranked.flatMap(({ node }) => offersOf(node))
}

/** Comments, CDATA, raw line breaks in strings and trailing commas are common; anything else is dropped. */
export function tolerantParse(script: string): unknown {
  const bare = script
    .replace(/^\s*(?:<!--|\/\*?<!\[CDATA\[\*?\/?|\/\/\s*<!\[CDATA\[)/, '')
    .replace(/(?:-->|\/?\*?\]\]>\*?\/?|\/\/\s*\]\]>)\s*$/, '')
  for (const text of [
    bare,
    bare
      .replace(/\p{Cc}+/gu, ' ')
      .replace(/,\s*([}\]])/g, '$1')
      .replace(/;\s*$/, ''),
  ]) {
    try {
      return JSON.parse(text) as unknown
    } catch {
      // Next attempt.
    }
  }
  return undefined
}

function collect(root: unknown, from: number, into: { node: Node; depth: number }[]): void {
  const stack: [unknown, number][] = [[root, from]]
  for (let seen = 0; stack.length > 0 && seen < MAX_NODES; seen += 1) {
    const [value, depth] = stack.shift()!
    if (Array.isArray(value)) {
      for (const each of value) stack.push([each, depth])
      continue
    }
    if (value === null || typeof value !== 'object') continue
    const node = value as Node
    if (
      typesOf(node).some((type) => PRODUCT.test(type)) &&
      (node['offers'] !== undefined || node['price'] !== undefined)
    ) {
      into.push({ node, depth })
    }
    for (const [key, inner] of Object.entries(node)) {
      if (/^(?:isRelatedTo|isSimilarTo|review|aggregateRating|breadcrumb|offers)$/.test(key)) continue
      if (inner !== null && typeof inner === 'object') stack.push([inner, depth + 1])
    }
  }
}

function typesOf(node: Node): string[] {
  const type = node['@type']
  return (Array.isArray(type) ? type : [type]).map((each) => String(each).replace(/^.*[/:]/, ''))
}

function offersOf(node: Node): Offer[] {
  const offers = node['offers'] ?? (node['price'] === undefined ? undefined : node)
  return (Array.isArray(offers) ? offers : [offers]).slice(0, 50).flatMap((offer) => {
    if (offer === null || typeof offer !== 'object') return []
    const each = offer as Node
    const specification = [each['priceSpecification']].flat()[0] as Node | undefined
    const inner = each['offers'] === undefined ? [] : offersOf(each)
    const price = textOf(each['price']) ?? textOf(specification?.['price']) ?? textOf(each['lowPrice'])
    const own: Offer = {
      price: price ?? inner[0]?.price ?? null,
      currency:
        textOf(each['priceCurrency']) ??
        textOf(specification?.['priceCurrency']) ??
        inner[0]?.currency ??
        null,
      availability: textOf(each['availability']) ?? inner[0]?.availability ?? null,
    }
    return [own]
  })
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, 200)
  return Array.isArray(value) && value.length > 0 ? textOf(value[0]) : null
}

function sameName(name: string | null, heading: string): boolean {
  if (name === null || heading === '') return false
  const words = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
  const a = words(name)
  const b = words(heading)
  const shared = [...a].filter((word) => b.has(word)).length
  return shared >= Math.min(a.size, b.size) * 0.6 && shared > 0
}
