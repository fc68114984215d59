/** The sites of a chaos run, and the scrapers that visit them: most are good, some slow, some never answer, some are not there. */
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface Fleet {
  pages: number
  checks: number
  /** Intervals, ms. */
  pageEvery: number
  checkEvery: number
}

export interface Site {
  /** Requests that arrived. */
  readonly visits: number
  close(): void
}

const PAGE = '<title>North Bank</title><h1>Accounts</h1><p id=balance>12.50 €</p>'
/** Cron expressions run every two seconds, and are told apart by their name. */
export const CRON_MS = 2000

/** Serves every host below localhost, and writes the config and the scrapers into `folder`. */
export async function startSite(folder: string, fleet: Fleet): Promise<Site> {
  let visits = 0
  const server = createServer((request, response) => {
    visits += 1
    const answer = (): void => void response.setHeader('content-type', 'text/html').end(PAGE)
    if (request.url === '/slow') setTimeout(answer, 1500)
    else if (request.url !== '/never') answer()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await writeFile(
    join(folder, 'streams.config.ts'),
    `import { defineConfig } from 'weir'\nexport default defineConfig({ namespace: 'chaos', scrapers: './scrapers.ts' })\n`,
  )
  await writeFile(join(folder, 'scrapers.ts'), scrapersFile(port, fleet))
  return {
    get visits() {
      return visits
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Of ten one is slow, one never answers, and one is not there. */
function scrapersFile(port: number, { pages, checks, pageEvery, checkEvery }: Fleet): string {
  return `import { check, money, scraper } from 'weir/scrapers'
const paths = { 3: ':${port}/slow', 6: ':${port}/never', 9: ':1/' }
const at = (name, i) => 'http://' + name + '.localhost' + (paths[i % 10] ?? ':${port}/')
const local = { local: true, timeout: '3s' }
export default [
  ...Array.from({ length: ${pages} }, (_, i) => scraper('page-' + i, {
    ...local, visit: at('page-' + i, i), every: '${pageEvery}ms', is: ['h1 = Accounts'], read: { balance: money('#balance') } })),
  ...Array.from({ length: ${checks} }, (_, i) => check('check-' + i, { ...local, url: at('check-' + i, i), every: '${checkEvery}ms' })),
  ...Array.from({ length: 5 }, (_, i) => check('cron-' + i, { ...local, url: at('cron-' + i, 0), every: '*/2 * * * * *' })),
]
`
}
