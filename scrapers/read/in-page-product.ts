/**
 * Gathers inside the page everything that may name a price, a currency or an availability, without judging it.
 * Self-contained like `readPage`; `product.ts` weighs what it found.
 */

/** One element whose text looks like a price. */
export interface PriceCandidate {
  text: string
  /** Class names, ids and the like of the element, and of its nearest ancestors. */
  hint: string
  around: string
  /** Struck through; not shown; inside the form that buys. */
  struck: boolean
  hidden: boolean
  buying: boolean
  /** Text that stands before it in its parent, such as `from` or `per month`. */
  before: string
  fontSize: number
  /** Elements between the main heading and this one; negative: before it. */
  distance: number
  /** Ancestors up to the one shared with the main heading. */
  climb: number
}

export interface RawProduct {
  /** Text of JSON-LD scripts. */
  jsonLd: string[]
  microdata: { prop: string; value: string; types: string; aside: boolean; struck: boolean }[]
  meta: Record<string, string>
  prices: PriceCandidate[]
  /** Short texts that speak of stock, and buttons that buy. */
  stock: {
    text: string
    hint: string
    distance: number
    disabled: boolean
    button: boolean
  }[]
  heading: string
  lang: string
}

/** Collects from the document it runs in. Bounded in nodes looked at and in what it returns. */
export function collectProduct(): RawProduct {
  const MAX_NODES = 30_000
  const MAX_CANDIDATES = 120
  const clean = (text: string | null | undefined, length = 200) =>
    (text ?? '').replace(/\s+/g, ' ').trim().slice(0, length)
  // Parts of a page that show other things; whole words only, since "widget" or "also" name anything.
  const ASIDE =
    /(?:^|[\s_-])(?:related|similar|recommend\w*|recos?|carousel|upsell|cross-?sells?|accessor\w*|suggest\w*|sponsored|recently|others?|footer|nav|navbar|navigation|menu|submenu|mini-?cart|cart-?(?:preview|drawer|flyout)|compare|rhf|sims|banner|reviews?|comments?|breadcrumbs?)(?:$|[\s_-])|relatedproducts|recentlyviewed|alsobought|productlist|product-?(?:list|slider|carousel)/i
  const PRICE_HINT =
    /price|preis|prix|prezzo|precio|preco|cena|cijena|hinta|pris|amount|cost|kaina|цена|価格/i
  const SIGN =
    /[\p{Sc}₽₸]|\b(?:EUR|USD|GBP|CHF|RON|PLN|CZK|HUF|SEK|NOK|DKK|BRL|RUB|KZT|INR|TWD|Rs|lei|руб|тг|kr|zł|Kč|Ft)\b|zł|Kč|руб|тг|грн|元|円|р\./iu
  const BUY =
    /add.?to.?(?:cart|bag|basket|trolley)|in den (?:warenkorb|einkaufswagen)|aggiungi al|ajouter au|a[ñn]adir al|adicionar|comprar|buy ?(?:it )?now|kaufen|acheter|acquista|v ko[šs]|do ko[šs]|košar|adauga in cos|adaugă|купить|в корзину|в себет|加入購物車|立即購買|放入購物車|カート|dodaj|lisa|grozā|pievienot|i kundvagn|ostoskoriin|order now|bestellen|pre-?order/i
  const STOCK =
    /stock|avail|lager|verf[üu]gbar|liefer|disponib|esgotad|agotad|indispon|esaurit|ausverkauft|épuis|sold ?out|наличи|в продаж|склад|ieliktin|noliktav|laos|saadaval|otsas|sklad|zaloz|vypredan|nedostup|skladem|varast|saatav|uitverkocht|voorraad|stoc|現貨|庫存|缺貨|售完|補貨|売り切れ|在庫|rupture|slut|ended|no longer/i

  const ownHint = (element: Element) =>
    clean(
      `${element.getAttribute('class') ?? ''} ${element.id} ${element.getAttribute('data-testid') ?? ''} ${element.getAttribute('itemprop') ?? ''} ${element.getAttribute('data-qa') ?? ''}`,
      160,
    )
  // The heading that says what the document's title says: overlays and logos carry headings, too.
  const words = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
  const titleWords = words(document.title)
  let heading: Element | null = null
  let best = 0
  for (const each of [...document.querySelectorAll('h1,h2,[itemprop=name]')].slice(0, 80)) {
    const own = words(clean(each.textContent))
    if (own.size === 0) continue
    const shared = [...own].filter((word) => titleWords.has(word)).length / own.size
    const score = shared * Math.min(own.size, 6) + (each.tagName === 'H1' ? 1 : 0)
    if (score > best) {
      best = score
      heading = each
    }
  }
  const order = new Map<Element, number>()
  const all = document.body
    ? document.body.getElementsByTagName('*')
    : ([] as unknown as HTMLCollectionOf<Element>)
  const limit = Math.min(all.length, MAX_NODES)
  for (let i = 0; i < limit; i += 1) {
    const element = all[i]
    if (element) order.set(element, i)
  }
  const start = heading ? (order.get(heading) ?? 0) : 0
  const isAside = (element: Element) => {
    for (let at: Element | null = element; at && at !== document.body; at = at.parentElement) {
      if (heading && at.contains(heading)) return false
      if (/^(?:aside|footer|nav)$/i.test(at.tagName)) return true
      if (ASIDE.test(ownHint(at))) return true
    }
    return false
  }
  const isHidden = (element: Element) => {
    if (element.closest('[hidden],template,noscript,[aria-hidden=true][style*=none]')) return true
    const style = getComputedStyle(element)
    return (
      style.display === 'none' ||
      style.visibility === 'hidden' ||
      (element as HTMLElement).getClientRects().length === 0
    )
  }
  const climbOf = (element: Element) => {
    let steps = 0
    for (let at: Element | null = element; at; at = at.parentElement) {
      if (!heading || at.contains(heading)) return steps
      steps += 1
    }
    return steps
  }
  const textOf = (element: Element) => {
    const copy = element.cloneNode(true) as Element
    // A crossed-out price beside the real one is not part of it.
    for (const each of copy.querySelectorAll('script,style,s,del,strike')) each.remove()
    // Decimals set high or apart (173<sup>34</sup>, 12<span class="cents">99</span>) belong behind a sign.
    for (const each of copy.querySelectorAll(
      'sup,[class*=cent i],[class*=decimal i],[class*=fraction i],small',
    )) {
      const before = each.previousSibling?.textContent ?? ''
      if (/^\s*\d{2}\s*\D{0,4}$/.test(each.textContent ?? '') && /\d\s*$/.test(before))
        each.textContent = `.${(each.textContent ?? '').trim()}`
    }
    return clean(copy.textContent, 120)
  }

  const beforeOf = (element: Element) => {
    const own = clean(element.textContent)
    const whole = clean(element.parentElement?.textContent, 400)
    const at = own === '' ? -1 : whole.indexOf(own)
    return at > 0 ? whole.slice(Math.max(0, at - 30), at) : ''
  }

  const prices: PriceCandidate[] = []
  const seen = new Set<Element>()
  const addPrice = (element: Element, text: string) => {
    // Prices of other things would fill the list before the product's own is reached.
    if (seen.has(element) || prices.length >= MAX_CANDIDATES || isAside(element)) return
    seen.add(element)
    const around: string[] = []
    for (let at = element.parentElement, n = 0; at && n < 4; at = at.parentElement, n += 1)
      around.push(ownHint(at))
    const style = getComputedStyle(element)
    prices.push({
      text,
      hint: ownHint(element),
      around: around.join(' | ').slice(0, 400),
      struck: element.closest('s,del,strike') !== null || style.textDecorationLine.includes('line-through'),
      hidden: isHidden(element),
      before: beforeOf(element),
      buying: [...(element.closest('form')?.querySelectorAll('button,input[type=submit],a') ?? [])]
        .slice(0, 30)
        .some((each) =>
          BUY.test(
            clean(
              `${each.textContent} ${each.getAttribute('value') ?? ''} ${each.getAttribute('name') ?? ''} ${each.id}`,
            ),
          ),
        ),
      fontSize: Number.parseFloat(style.fontSize) || 0,
      distance: (order.get(element) ?? limit) - start,
      climb: climbOf(element),
    })
  }
  const stock: RawProduct['stock'] = []
  for (let i = 0; i < limit; i += 1) {
    const element = all[i]
    if (!element || /^(?:script|style|noscript|option|svg|path|template)$/i.test(element.tagName)) continue
    const length = (element.textContent ?? '').length
    if (length > 400 && !element.hasAttribute('data-price')) continue
    const hint = ownHint(element)
    const dataPrice = element.getAttribute('data-price') ?? element.getAttribute('data-product-price')
    if (dataPrice !== null && /\d/.test(dataPrice)) addPrice(element, clean(dataPrice, 60))
    const text = textOf(element)
    const isPriceText = /\d/.test(text) && text.length <= 60 && (SIGN.test(text) || PRICE_HINT.test(hint))
    // The innermost element that holds the whole price: a parent that adds nothing is not listed again.
    const inner =
      element.children.length === 1 && clean(element.textContent) === clean(element.children[0]?.textContent)
    if (isPriceText && !inner) addPrice(element, text)
    const button = /^(?:button|a|input)$/i.test(element.tagName)
    const label = button
      ? clean(
          `${text} ${element.getAttribute('value') ?? ''} ${element.getAttribute('aria-label') ?? ''}`,
          120,
        )
      : text
    const about =
      element.children.length <= 2 &&
      label.length <= 120 &&
      (STOCK.test(label) || (button && BUY.test(label)))
    if (about && stock.length < MAX_CANDIDATES && !isHidden(element) && !isAside(element)) {
      stock.push({
        text: label,
        hint: `${hint} ${element.parentElement ? ownHint(element.parentElement) : ''}`.slice(0, 200),
        distance: i - start,
        disabled: element.hasAttribute('disabled') || /disabled/.test(hint),
        button,
      })
    }
  }

  const microdata: RawProduct['microdata'] = []
  const props = ['price', 'lowPrice', 'highPrice', 'priceCurrency', 'availability']
  for (const element of [
    ...document.querySelectorAll(props.map((prop) => `[itemprop~="${prop}"]`).join(',')),
  ].slice(0, 60)) {
    const types: string[] = []
    for (let at: Element | null = element; at; at = at.parentElement) {
      const type = at.getAttribute('itemtype')
      if (type) types.push(type.replace(/.*\//, '').slice(0, 40))
    }
    const value =
      element.getAttribute('content') ??
      element.getAttribute('href') ??
      element.getAttribute('value') ??
      textOf(element)
    microdata.push({
      prop: (element.getAttribute('itemprop') ?? '').slice(0, 40),
      value: clean(value),
      types: types.join(' < '),
      struck: element.closest('s,del,strike') !== null,
      aside: isAside(element),
    })
  }
  const meta: Record<string, string> = {}
  for (const element of [...document.querySelectorAll('meta[property],meta[name]')].slice(0, 300)) {
    const name = (element.getAttribute('property') ?? element.getAttribute('name') ?? '').toLowerCase()
    if (/price|currency|availability|stock|twitter:(?:data|label)\d/.test(name) && meta[name] === undefined) {
      meta[name.slice(0, 80)] = clean(element.getAttribute('content'))
    }
  }
  return {
    jsonLd: [...document.querySelectorAll('script[type*="ld+json"]')]
      .slice(0, 20)
      .map((each) => (each.textContent ?? '').slice(0, 100_000)),
    microdata,
    meta,
    prices,
    stock,
    heading: clean(heading?.textContent, 300),
    lang: clean(document.documentElement?.lang, 10),
  }
}
