/** Asks the page one question in a world of its own: the page's scripts can neither see nor bend the answer. */
import type { CDPSession } from 'puppeteer-core'
import { collectProduct } from '../read/in-page-product.ts'
import { type PageAnswer, type PageQuestion, readPage } from '../read/in-page.ts'
import { within } from './browsers.ts'

const ANSWER_MS = 5000
const MAX_ANSWER = 8 * 1024 * 1024

// The compiler may wrap named functions in a helper of this name, which does not exist in the page.
// An element named `title` or `querySelectorAll` would hide the document's own: only its prototype is asked.
const SOURCE = `((question) => { const __name = (target) => target; const __vite_ssr_exports__ = {};
  const real = document, own = Object.getPrototypeOf(real);
  return ((document) => JSON.stringify((${readPage.toString()})(question, ${collectProduct.toString()})))(
    new Proxy({}, { get: (_, name) => { const value = Reflect.get(own, name, real);
      return typeof value === 'function' ? value.bind(real) : value } })) })`

/** The page's answer. Rejects when it does not come within 5 s or is unreasonably large. */
export async function ask(session: CDPSession, question: PageQuestion): Promise<PageAnswer> {
  return within(ANSWER_MS + 1000, answer(session, question))
}

async function answer(session: CDPSession, question: PageQuestion): Promise<PageAnswer> {
  const { frameTree } = await session.send('Page.getFrameTree')
  const world = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'weir',
  })
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression: `${SOURCE}(${JSON.stringify(question)})`,
    contextId: world.executionContextId,
    returnByValue: true,
    timeout: ANSWER_MS,
  })
  if (exceptionDetails) {
    throw new Error(
      `reading failed in the page: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`.slice(
        0,
        500,
      ),
    )
  }
  const text = String(result.value)
  if (text.length > MAX_ANSWER) throw new Error(`the page's answer is ${text.length} characters long`)
  // Written by our own function above.
  return JSON.parse(text) as PageAnswer
}
