/** `weir/scrapers`: what a scraper file is written with. Export one scraper, or an array of them, as default. */
export { check, type CheckOptions, type HttpCheck } from './define/check.ts'
export { collect, type CollectOptions, type Collector } from './define/collect.ts'
export type { Every } from './define/every.ts'
export {
  scraper,
  type BrowserScraper,
  type ScraperOptions,
  type Target,
  type TargetOptions,
} from './define/scraper.ts'
export {
  attr,
  list,
  money,
  number,
  product,
  text,
  type AbsenceMarker,
  type Availability,
  type FieldSpec,
  type Reader,
  type Values,
} from './read/field.ts'

import type { HttpCheck } from './define/check.ts'
import type { Collector } from './define/collect.ts'
import type { BrowserScraper } from './define/scraper.ts'

/** Everything that can be scheduled. */
export type Scraper = BrowserScraper | HttpCheck | Collector
