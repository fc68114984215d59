/** The files of a new scraper as text: the scraper itself, and the test that replays its fixtures. Pure. */
import { type Suggestion, quote } from './suggest.ts'

export interface NewScraper {
  name: string
  url: string
  /** Options of the address, such as `local: true`. */
  local: boolean
  /** Null where the page could not be looked at; then the readers are examples. */
  suggestion: Suggestion | null
  /** Path of the file, as people type it. */
  file: string
}

/** Nothing that was seen on the page can leave its literal or its comment. */
export function scraperSource({ name, url, local, suggestion, file }: NewScraper): string {
  const fields = suggestion?.fields ?? EXAMPLE
  const readers = [...new Set(fields.map(({ reader }) => reader))].toSorted()
  const lists = fields.some(({ reader, code }) => reader === 'list' && !code.includes('absentWhen'))
  return [
    `/** ${comment(name)}: what ${comment(url)} says. Try it: ./weir try ${comment(file)} */`,
    `import { ${[...readers, 'scraper'].toSorted().join(', ')} } from 'weir/scrapers'`,
    '',
    `export default scraper(${quote(name)}, {`,
    `  visit: ${quote(url)},`,
    `  every: '5m',`,
    ...(local ? ['  local: true,'] : []),
    ...(suggestion === null || suggestion.is.length === 0
      ? ['  // What the page is known by, such as "h1 = Accounts" or "title ~ North Bank".', '  is: [],']
      : [`  is: [${suggestion.is.map(quote).join(', ')}],`]),
    '  read: {',
    ...(lists ? ['    // absentWhen: the words that stand there when a list is truthfully empty.'] : []),
    ...fields.map(({ name: field, code, seen }) => {
      const note = seen === '' ? '' : ` // ${comment(seen)}`
      return `    ${field === '...' ? `...${code}` : `${field}: ${code}`},${note}`
    }),
    '  },',
    '})',
    '',
  ].join('\n')
}

const EXAMPLE: Suggestion['fields'] = [{ name: 'heading', code: "text('h1')", reader: 'text', seen: '' }]

/** `file`: of the scraper, without its folder. */
export function testSource(name: string, file: string): string {
  return `/** What ${comment(name)} reads of recorded pages, offline. Record more: ./weir try ${comment(file)} --save LABEL */
import { expect, test } from 'vitest'
import { recorded, replay } from 'weir/scrapers/testing'
import scraper from './${file}'

test.each(recorded(import.meta.url))('$label', async (fixture) => {
  expect(await replay(scraper, fixture)).toEqual(fixture.expect)
})
`
}

/** One line that ends no comment. */
function comment(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll('*/', '* /')
    .slice(0, 80)
}
