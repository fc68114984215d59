/** Keeps a page within reach: navigations are judged before they are sent, answers by the address they came from. */
import { isIP } from 'node:net'
import type { CDPSession, HTTPResponse } from 'puppeteer-core'
import {
  PrivateTarget,
  type Reach,
  guardedLookup,
  isLoopback,
  isPublic,
  refuseLiteral,
} from '../../engine/index.ts'
import type { Signals } from '../outcome/signals.ts'

/**
 * Refuses every navigation to a host out of reach: redirects, scripts and frames included. Subresources are
 * Chromium's to refuse: a public page has no access to a private network.
 */
export async function guardNavigation(session: CDPSession, reach: Reach, signals: Signals): Promise<void> {
  if (reach === 'private') return
  const { frameTree } = await session.send('Page.getFrameTree')
  session.on('Fetch.requestPaused', ({ requestId, request, frameId }) => {
    const decide = async (): Promise<void> => {
      const refused = await refusedAddress(hostOf(request.url), reach)
      if (refused === null) return void (await session.send('Fetch.continueRequest', { requestId }))
      if (frameId === frameTree.frame.id) refuse(signals, refused)
      await session.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' })
    }
    // A page that is gone meanwhile needs no answer.
    decide().catch(() => undefined)
  })
  await session.send('Fetch.enable', { patterns: [{ resourceType: 'Document' }] })
}

/** Refuses an answer that came from an address out of reach: a name may resolve anew between two looks. */
export function checkOrigin(response: HTTPResponse, reach: Reach, signals: Signals): void {
  const address = response.remoteAddress().ip
  if (address === undefined || mayReadFrom(address, reach)) return
  refuse(signals, `${response.url()} came from ${address}, which is not public`)
}

function refuse(signals: Signals, detail: string): void {
  signals.fault ??= { reason: 'private_target', detail }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : ''
}

/** Checks a host before a browser goes there: browsers resolve by themselves. Null when it may be visited. */
export async function refusedAddress(hostname: string, reach: Reach): Promise<string | null> {
  if (reach === 'private') return null
  const literal = refuseLiteral(hostname, reach)
  if (literal) return literal.message
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return null
  return new Promise((resolve) => {
    guardedLookup(reach)(hostname, { all: true }, (error) => {
      // An unknown name is the browser's to report, as the site's fault.
      resolve(error instanceof PrivateTarget ? error.message : null)
    })
  })
}

/** Whether a page that came from `address` may be read, as far as the address alone tells. */
function mayReadFrom(address: string, reach: Reach): boolean {
  if (isPublic(address) || typeof reach !== 'string') return true
  return reach === 'private' || (reach === 'local' && isLoopback(address))
}
