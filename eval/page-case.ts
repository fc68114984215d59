/** Recorded good pages with what a person reads there: a folder of products, or of recipes by host. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type BrowserScraper, attr, product, scraper, text } from '../scrapers/index.ts'
import { parseAmount } from '../scrapers/read/amount.ts'

export interface PageCase {
  scraper: BrowserScraper
  html: () => Buffer
  /** Per field whether what was read is what stands there. */
  right: (values: Record<string, unknown>) => Record<string, boolean>
}

/** Throws where the folder is neither. */
export function pageCases(folder: string): PageCase[] {
  return existsSync(join(folder, 'truth.json')) ? products(folder) : recipes(folder)
}

const page = (file: string) => () => gunzipSync(readFileSync(file))
const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

function products(folder: string): PageCase[] {
  const truth = json(join(folder, 'truth.json')) as Record<
    string,
    { url: string; price?: string[]; availability: string[] }
  >
  return Object.entries(truth).map(([id, { url, price, availability }]) => ({
    scraper: scraper(id, { visit: plain(url), every: '1h', read: product() }),
    html: page(join(folder, `${id}.html.gz`)),
    right: (values) => ({
      price: samePrice(values['price'], price?.[0]),
      availability: values['availability'] === availability[0],
    }),
  }))
}

function recipes(folder: string): PageCase[] {
  const files = readdirSync(folder).flatMap((host) =>
    readdirSync(join(folder, host))
      .filter((file) => file.endsWith('.html.gz'))
      .map((file) => ({ host, name: file.slice(0, -'.html.gz'.length) })),
  )
  return files.map(({ host, name }) => {
    const told = json(join(folder, host, `${name}.json`)) as { title?: string; image?: string }
    const read = {
      heading: text('h1', { optional: true }),
      title: attr('meta[property="og:title"]', 'content', { optional: true }),
      image: attr('meta[property="og:image"]', 'content', { optional: true }),
    }
    const title = plainWords(told.title)
    return {
      scraper: scraper(`${host}.${name}`.replace(/[^\w.-]/g, '-').slice(0, 80), {
        visit: `http://${host}/${encodeURIComponent(name)}`,
        every: '1h',
        optionalShare: 1,
        read,
      }),
      html: page(join(folder, host, `${name}.html.gz`)),
      right: (values) => ({
        heading: plainWords(values['heading']) === title,
        title: plainWords(values['title']).includes(title),
        image: String(values['image'] ?? '').split('?')[0] === told.image?.split('?')[0],
      }),
    }
  })
}

/** No certificate of theirs is here: pages are asked for without TLS. */
function plain(url: string): string {
  return url.replace(/^https:/, 'http:')
}

function plainWords(value: unknown): string {
  return String(value ?? '')
    .toLowerCase()
    .replace(/&amp;/g, '&')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** The truth is text as somebody typed it: `36.50`, and also `23.450` for 23,450. No price there: none read. */
function samePrice(read: unknown, wanted: string | undefined): boolean {
  if (wanted === undefined || read === undefined) return wanted === read
  return read === Number(wanted) || read === parseAmount(wanted)
}
