/** Reads markup by the very function that reads pages in a browser, bounded in time. */
import { Script } from 'node:vm'
import { withinTime } from '../define/within-time.ts'
import { type HtmlPage, htmlPage } from './html-document.ts'
import { collectProduct } from './in-page-product.ts'
import { type PageAnswer, type PageQuestion, readPage } from './in-page.ts'

/** Longest time for one page, ms: a browser reads what takes longer, in a process of its own. */
const READ_MS = 2000

// The functions know the page by free names, as in a browser. The compiler may wrap named functions in `__name`.
const source = `((document, location, getComputedStyle) => { const __name = (target) => target; const __vite_ssr_exports__ = {};
  return (question) => (${readPage.toString()})(question, ${collectProduct.toString()}) })`
type Open = (
  ...page: [HtmlPage['document'], HtmlPage['location'], HtmlPage['getComputedStyle']]
) => (question: PageQuestion) => PageAnswer
let open: Open | undefined

/** The answer of a page, as `ask` gets it from a browser. Throws WEIR_CONFIG when it takes longer than `limit` ms. */
export function readHtml(html: string, url: string, question: PageQuestion, limit = READ_MS): PageAnswer {
  open ??= new Script(source).runInThisContext() as Open
  const opened = open
  return withinTime(limit, () => {
    const { document, location, getComputedStyle } = htmlPage(html, url)
    return opened(document, location, getComputedStyle)(question)
  })
}
