/** What a page answered, written into the signals of its visit; the same whoever read it. */
import type { BrowserScraper } from '../define/scraper.ts'
import { maskAddress } from '../evidence/mask-address.ts'
import { bodyChallenge } from '../outcome/challenge.ts'
import { identityPasses } from '../outcome/identity.ts'
import { type Signals, isAnswered } from '../outcome/signals.ts'
import type { PageAnswer } from './in-page.ts'
import { interpret } from './interpret.ts'

export function record(answer: PageAnswer, scraper: BrowserScraper, signals: Signals): void {
  // A page of the browser's own stands in for a refusal without a body.
  if (/^https?:/.test(answer.url)) signals.finalUrl = maskAddress(answer.url)
  signals.title = answer.title
  signals.landmarks = scraper.is.map(({ source }, i) => ({ source, matched: answer.landmarks[i] ?? false }))
  signals.loginMarker = answer.login
  signals.passwordField = answer.password
  signals.textLength = answer.textLength
  signals.bodyBytes = answer.bodyBytes
  signals.fields = interpret(scraper.read, answer)
  // Of a page that was recognised no 64 KB are kept, only whether a challenge's sign is in them.
  const complete = isComplete(signals)
  signals.bodyHead = complete ? '' : answer.bodyHead
  const seen = complete ? bodyChallenge({ ...signals, bodyHead: answer.bodyHead }) : null
  signals.challengeSeen = seen && `${seen.vendor}: ${seen.sign}`
}

/** The page is the page, and everything required was read or is truthfully not there. */
export function isComplete({ landmarks, fields }: Signals): boolean {
  if (!identityPasses(landmarks.map((mark) => mark.matched))) return false
  return Object.values(fields).every((field) => isAnswered(field.state) || field.optional)
}
