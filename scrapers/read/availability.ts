/** What words and schema.org terms say about whether a product can be bought. */
import type { Availability } from './field.ts'

const TERMS: [RegExp, Availability][] = [
  [/out.?of.?stock|sold.?out|^oos$|notavailable|unavailable/i, 'OutOfStock'],
  [/discontinued/i, 'Discontinued'],
  [/pre.?order|pre.?sale/i, 'PreOrder'],
  [/back.?order/i, 'BackOrder'],
  [
    /in.?stock|instore.?only|online.?only|limited.?availability|made.?to.?order|^available|^yes$|^true$/i,
    'InStock',
  ],
]

/** A schema.org term or the word of a meta tag, as one of ours; null where it says nothing. */
export function availabilityTerm(text: string): Availability | null {
  const term = text.replace(/^.*schema\.org\//i, '').trim()
  for (const [pattern, value] of TERMS) if (pattern.test(term)) return value
  return null
}

// "No", in the words shops use. Checked before "yes": "not available" holds "available".
const OUT =
  /out of stock|sold out|not available|(?:currently|temporarily) unavailable|no longer available|no longer for sale|listing (?:has )?ended|nicht (?:mehr )?(?:verfügbar|lieferbar|auf lager|vorrätig)|derzeit nicht|ausverkauft|vergriffen|non (?:più )?disponibil|esaurit|actuellement indisponible|indisponible|épuisé|rupture de stock|non disponible|agotad|sin stock|no disponible|esgotad|indisponível|indisponivel|sem estoque|uitverkocht|niet (?:op voorraad|leverbaar|beschikbaar)|нет в наличии|нет на складе|распродан|снят с продажи|niedostępn|brak w magazynie|wyprzedan|vyprodáno|vypredan|není skladem|nie je skladom|momentálne nedostupn|nedostupn|ni na zalogi|trenutno ni|nema na zalihi|rasprodano|nincs raktáron|elfogyott|stoc epuizat|indisponibil|läbi müüdud|otsas|pole saadaval|ei ole saatavilla|loppu(?:nut|unmyyty)|slut i lager|slutsåld|utsolgt|udsolgt|ikke på lager|izpārdots|nav pieejams|nav noliktavā|išparduota|tükendi|stokta yok|缺貨|售完|已售罄|無庫存|补货|補貨中|売り切れ|在庫切れ|품절/i

const IN =
  /in stock|available|auf lager|lieferbar|verfügbar|vorrätig|disponib|en stock|em estoque|op voorraad|leverbaar|в наличии|есть на складе|dostępn|na sklad|skladem|skladom|na zalogi|na stanju|raktáron|în stoc|in stoc|laos|saadaval|varastossa|i lager|på lager|ir noliktavā|pieejams|yra sandėlyje|stokta|現貨|有庫存|在庫あり|재고/i

/** What a visible text about stock says; null where it says nothing. */
export function availabilityWords(text: string): Availability | null {
  if (OUT.test(text)) return 'OutOfStock'
  return IN.test(text) ? 'InStock' : null
}
