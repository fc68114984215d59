/** Asks the page one question in a world of its own: the page's scripts can neither see nor bend the answer. */
import type { CDPSession } from 'puppeteer-core'
import { collectProduct } from '../read/in-page-product.ts'
import { type PageAnswer, type PageQuestion, readPage } from '../read/in-page.ts'
import { within } from './browsers.ts'

const ANSWER_MS = 5000
const MAX_ANSWER = 8 * 1024 * 1024

/**
 * The source of a call `work(question, …)` inside the page. The compiler may wrap named functions in a helper
 * (`__name`) that does not exist there. An element named `title` or `querySelectorAll` would hide the document's own
 * member: only its prototype is asked.
 */
export function insulated(work: string, question: unknown): string {
  return `((question) => { const __name = (target) => target; const __vite_ssr_exports__ = {};
  const real = document, own = Object.getPrototypeOf(real);
  return ((document) => JSON.stringify(${work}))(
    new Proxy({}, { get: (_, name) => { const value = Reflect.get(own, name, real);
      return typeof value === 'function' ? value.bind(real) : value } })) })(${JSON.stringify(question)})`
}

const READ = `(${readPage.toString()})(question, ${collectProduct.toString()})`

/** The page's answer. Rejects when it does not come within `ms` (at most 5 s) or is unreasonably large. */
export async function ask(session: CDPSession, question: PageQuestion, ms: number): Promise<PageAnswer> {
  // Written by our own function.
  return (await inPage(session, insulated(READ, question), Math.min(ms, ANSWER_MS))) as PageAnswer
}

/** What an `insulated` call answers. Rejects when that does not come within `ms` or is unreasonably large. */
export function inPage(session: CDPSession, source: string, ms: number): Promise<unknown> {
  return within(ms + 1000, answer(session, source, ms))
}

async function answer(session: CDPSession, expression: string, timeout: number): Promise<unknown> {
  const { frameTree } = await session.send('Page.getFrameTree')
  const world = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'weir',
  })
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    contextId: world.executionContextId,
    returnByValue: true,
    timeout,
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
  return JSON.parse(text) as unknown
}
