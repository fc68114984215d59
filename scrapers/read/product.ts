/** Weighs everything a page says about price, currency and availability, and picks what most of it agrees on. Pure. */
import { parseAmount, parseCurrency, parsePrice } from './amount.ts'
import { availabilityTerm, availabilityWords } from './availability.ts'
import type { Availability } from './field.ts'
import type { PriceCandidate, RawProduct } from './in-page-product.ts'
import { jsonLdOffers } from './json-ld.ts'

export interface Found<T> {
  value: T
  source: 'json-ld' | 'microdata' | 'meta' | 'markup'
}
export interface ProductFacts {
  price: Found<number> | null
  currency: Found<string> | null
  availability: Found<Availability> | null
}

interface Vote<T> extends Found<T> {
  weight: number
}

/** Facts of the product the page is about. */
export function weighProduct(raw: RawProduct): ProductFacts {
  const offers = jsonLdOffers(raw.jsonLd, raw.heading)
  const shown = rankPrices(raw.prices)
  const availability = elect(availabilityVotes(raw, offers, shown.length > 0))
  const price = elect(priceVotes(raw, offers, shown))
  return { price, currency: elect(currencyVotes(raw, offers, shown)), availability }
}

/** The value with the greatest sum of weights; its source is its weightiest voter. */
function elect<T>(votes: Vote<T>[]): Found<T> | null {
  const sums = new Map<T, number>()
  for (const { value, weight } of votes) sums.set(value, (sums.get(value) ?? 0) + weight)
  let best: T | undefined
  for (const [value, sum] of sums) if (best === undefined || sum > (sums.get(best) ?? 0)) best = value
  if (best === undefined || (sums.get(best) ?? 0) <= 0) return null
  const voter = votes.filter(({ value }) => value === best).toSorted((a, b) => b.weight - a.weight)[0]
  return { value: best, source: voter?.source ?? 'markup' }
}

function priceVotes(
  raw: RawProduct,
  offers: ReturnType<typeof jsonLdOffers>,
  shown: Ranked[],
): Vote<number>[] {
  const votes: Vote<number>[] = []
  const add = (text: string | null | undefined, source: Vote<number>['source'], weight: number) => {
    // Machine-readable prices write a point before decimals, whatever the page's language.
    const value = text ? machineAmount(text) : null
    if (value !== null && value > 0) votes.push({ value, source, weight })
  }
  offers.slice(0, 10).forEach((offer, i) => add(offer.price, 'json-ld', i === 0 ? 3 : 0.3))
  const claims = raw.microdata.filter(
    ({ prop, aside, struck }) => /^(?:price|lowPrice)$/.test(prop) && !aside && !struck,
  )
  const distinct = new Set(claims.slice(0, 3).map(({ value }) => machineAmount(value))).size
  claims.slice(0, 10).forEach(({ value, types }, i) => {
    // Without a scope nobody says whose price it is. Several prices in one product are an old and a new one:
    // what people see decides between them.
    const trust = /Product|Offer|Book|Vehicle/.test(types) ? 3 : 1
    add(value, 'microdata', i < distinct ? trust / distinct : 0.1)
  })
  for (const name of ['product:price:amount', 'product:sale_price:amount', 'og:price:amount', 'price']) {
    add(raw.meta[name], 'meta', name.includes('sale') ? 2.6 : 2.5)
  }
  // What people see decides between machine-readable claims that disagree, and speaks alone where there are none.
  const values = shown.filter(({ value }, i) => shown.findIndex((other) => other.value === value) === i)
  values.slice(0, 4).forEach(({ value, score }, i) => {
    votes.push({ value, source: 'markup', weight: Math.max(0.1, Math.min(score, 10) / 5) / (i + 1) })
  })
  // What the page crosses out is the old price, whatever the structured data say, if a lower one stands beside it.
  const lower = shown[0]?.value
  for (const value of new Set(
    raw.prices.filter(({ struck }) => struck).map(({ text }) => parsePrice(text)),
  )) {
    if (value !== null && lower !== undefined && lower < value)
      votes.push({ value, source: 'markup', weight: -3 })
  }
  return votes
}

function machineAmount(text: string): number | null {
  return /^\d+\.\d+$/.test(text.trim()) ? Number(text) : parseAmount(text)
}

interface Ranked {
  value: number
  score: number
  text: string
}

const OTHER_WORDS =
  /%|\/\s?(?:mo|kg|100|l\b|month)|per (?:month|100|kg)|\b(?:mes|mtl|mois|mese|Monat|shipping|delivery|Versand|points?|pts)\b|每期|期|點|折抵|折價券/i
const NOW = /sale|special|current|now|final|our|offer|actual|new|deal|buy|main|primary|sell|today|our_?price/i
const OLD =
  /old|was|regular|strike|list-?price|rrp|msrp|uvp|crossed|before|previous|original|compare|basis|retail|first-?price|price-?from/i
const OLD_WORDS =
  /建議售價|原價|市價|定價|\b(?:UVP|RRP|MSRP|statt|list price|was|instead of|anziché|au lieu de|antes|avant)\b/i
const NOW_WORDS =
  /特價|優惠價|最低價|促銷價|特惠|\b(?:now|sale price|our price|Preis|Prezzo|Prix|Precio|Preço|Cena)\b/i
const OTHER =
  /ship|deliver|versand|spedizion|livraison|save|saving|discount|percent|unit|per-|month|instal|rate|credit|leas|financ|tax|vat|fee|deposit|point|bonus|coupon|voucher|total|cart|basket|gift|min-|free|warranty|insur|protect|range|filter|slider|facet/i

function rankPrices(candidates: PriceCandidate[]): Ranked[] {
  const largest = Math.max(...candidates.filter(({ hidden }) => !hidden).map(({ fontSize }) => fontSize), 1)
  // The same class on many different amounts marks a list of other products, not this one's price.
  const repeats = (hint: string) =>
    hint === '' ? 0 : new Set(candidates.filter((c) => c.hint === hint).map((c) => c.text)).size
  return candidates
    .flatMap((candidate) => {
      const value = parsePrice(candidate.text)
      return value === null || value <= 0
        ? []
        : [
            {
              value,
              text: candidate.text,
              score: scoreOf(candidate, largest) - (repeats(candidate.hint) >= 4 ? 2 : 0),
            },
          ]
    })
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
}

function scoreOf(candidate: PriceCandidate, largest: number): number {
  const { text, hint, around } = candidate
  const named = `${hint} ${around.split(' | ').slice(0, 2).join(' ')}`
  let score = 0
  if (parseCurrency(text) !== null) score += 3
  if (/price|preis|prix|prezzo|precio|preco|cena|hinta|pris|цена/i.test(hint)) score += 2.5
  else if (/price|preis|prix|prezzo|precio|preco|cena|hinta|pris|цена/i.test(around)) score += 1.5
  if (NOW.test(named)) score += 0.8
  if (candidate.buying) score += 1
  score += 2 * Math.min(candidate.fontSize / largest, 1)
  score += Math.max(0, 1.5 - candidate.climb / 6)
  if (candidate.distance < 0) score -= 1
  else score += Math.max(0, 1.5 - candidate.distance / 300)
  if (text.replace(/[\d.,\s'’]/g, '').length > 12) score -= 1.5
  const words = `${candidate.before} ${text}`
  if (OLD.test(named) || OLD_WORDS.test(words)) score -= 3
  if (NOW_WORDS.test(words)) score += 1.5
  else if (OTHER_WORDS.test(words)) score -= 3
  if (OTHER.test(named)) score -= 3
  if (candidate.struck) score -= 5
  if (candidate.hidden) score -= 2.5
  return score
}

function currencyVotes(
  raw: RawProduct,
  offers: ReturnType<typeof jsonLdOffers>,
  shown: Ranked[],
): Vote<string>[] {
  const votes: Vote<string>[] = []
  const add = (text: string | null | undefined, source: Vote<string>['source'], weight: number) => {
    const value = text ? parseCurrency(text) : null
    if (value !== null) votes.push({ value, source, weight })
  }
  add(offers[0]?.currency, 'json-ld', 3)
  add(raw.microdata.find(({ prop, aside }) => prop === 'priceCurrency' && !aside)?.value, 'microdata', 3)
  add(raw.meta['product:price:currency'] ?? raw.meta['og:price:currency'], 'meta', 2.5)
  add(shown[0]?.text, 'markup', 1)
  return votes
}

function availabilityVotes(
  raw: RawProduct,
  offers: ReturnType<typeof jsonLdOffers>,
  priced: boolean,
): Vote<Availability>[] {
  const votes: Vote<Availability>[] = []
  const add = (value: Availability | null, source: Vote<Availability>['source'], weight: number) => {
    if (value !== null) votes.push({ value, source, weight })
  }
  const claimed = offers
    .slice(0, 50)
    .map(({ availability: term }) => (term === null ? null : availabilityTerm(term)))
  // Offers are often sizes or colours: one that can be bought is enough.
  add(claimed.includes('InStock') ? 'InStock' : (claimed.find((term) => term !== null) ?? null), 'json-ld', 3)
  const item = raw.microdata.find(({ prop, aside }) => prop === 'availability' && !aside)
  if (item) add(availabilityTerm(item.value) ?? availabilityWords(item.value), 'microdata', 3)
  for (const name of ['product:availability', 'og:availability', 'availability']) {
    const word = raw.meta[name]
    if (word) add(availabilityTerm(word), 'meta', 2.5)
  }
  const near = raw.stock.filter(({ distance }) => distance > -50)
  const texts = near.filter(({ button, hint }) => !button || /stock|avail/i.test(hint))
  texts.slice(0, 6).forEach(({ text, hint }, i) => {
    const value = availabilityWords(text)
    const told = /avail|stock|verf|disponib|lager/i.test(hint)
    // "No" has phrases of its own; words of "yes" also stand in sentences about something else.
    const weight = told ? 1.6 : text.length < 40 ? 0.9 : value === 'OutOfStock' ? 0.6 : 0.3
    add(value, 'markup', weight / (1 + i / 2))
  })
  const buy = near.some(
    ({ button, disabled, text }) => button && !disabled && availabilityWords(text) !== 'OutOfStock',
  )
  if (buy) add('InStock', 'markup', 0.9)
  // A price without any word against it: shops do not price what they do not sell.
  else if (priced) add('InStock', 'markup', 0.4)
  return votes
}
