/** Keeps evidence of failures: what to look at while the page is open, and what of it is stored afterwards. */
import type { Page } from 'puppeteer-core'
import { type EvidenceStore, type Exhibit, type RunEvent, fingerprintOf, RIGHT } from '../../engine/index.ts'
import type { Scraper } from '../index.ts'
import { type Verdict, judge } from '../outcome/judge.ts'
import type { Signals } from '../outcome/signals.ts'
import { within } from '../pool/browsers.ts'
import { CAPTURE_MS, type Captured, capture, packed, privateSelectors } from './capture.ts'
import { tellingHeaders } from './header.ts'
import { maskAddress } from './mask-address.ts'
import { maskText } from './mask.ts'
import { maskMarkup } from './mask-markup.ts'

/** What a failure is known by, and where its evidence lies. */
export type Proof = Pick<RunEvent, 'fingerprint' | 'evidence'>

export interface Keeper {
  /** Looks at a page that seems to have failed in a way that is not known well enough. Never rejects. */
  look(page: Page, scraper: Scraper, signals: Signals): Promise<void>
  /** Stores the evidence of a failed run, what was seen of it included, bounded in time. Never rejects. */
  keep(scraper: Scraper, version: string, signals: Signals, verdict: Verdict): Promise<Proof>
}

/** Longest time a run waits for its evidence to be stored, ms. */
const KEEP_MS = 1500
/** Fingerprints remembered as full. */
const MAX_KNOWN = 10_000

/** `store` null: failures get their fingerprint, and nothing is kept. */
export function createKeeper(store: EvidenceStore | null, now: () => number, captureMs = CAPTURE_MS): Keeper {
  /** Fingerprints of which enough is kept, until when, and the newest of them. */
  const full = new Map<string, { until: number; id: string | null }>()
  const looks = new WeakMap<Signals, Captured>()

  function enough(fingerprint: string): { id: string | null } | null {
    const known = full.get(fingerprint)
    if (known !== undefined && known.until > now()) return known
    full.delete(fingerprint)
    return null
  }

  return {
    async look(page, scraper, signals) {
      if (store === null || scraper.kind !== 'browser' || signals.main === null) return
      const verdict = judge(signals)
      const fingerprint = fingerprintOfRun(scraper, signals, verdict)
      if (fingerprint === null || verdict.outcome === 'crashed' || enough(fingerprint)) return
      const seen = await capture(page, scraper.read, captureMs)
      if (seen !== null) looks.set(signals, seen)
    },
    async keep(scraper, version, signals, verdict) {
      const fingerprint = fingerprintOfRun(scraper, signals, verdict)
      if (fingerprint === null) return {}
      const known = enough(fingerprint)
      if (store === null || known) return proof(fingerprint, known?.id ?? null)
      try {
        const exhibit = await exhibitOf(
          scraper,
          version,
          signals,
          verdict,
          fingerprint,
          looks.get(signals) ?? null,
        )
        if (exhibit === null) return { fingerprint }
        const { id, fullUntil } = await within(KEEP_MS, store.keep(exhibit))
        if (fullUntil !== null) {
          if (full.size >= MAX_KNOWN) full.clear()
          full.set(fingerprint, { until: fullUntil, id })
        }
        return proof(fingerprint, id)
      } catch {
        // Redis away or full: the run is told all the same, without a picture.
        return { fingerprint }
      }
    },
  }
}

/** Of runs whose evidence nobody keeps. */
export const fingerprintsOnly = createKeeper(null, () => 0)

function proof(fingerprint: string, id: string | null): Proof {
  return id === null ? { fingerprint } : { fingerprint, evidence: id }
}

/** Null where nothing failed, or nothing was sent. */
function fingerprintOfRun(
  { name }: Scraper,
  signals: Signals,
  { outcome, reason, detail }: Verdict,
): string | null {
  if (RIGHT.includes(outcome) || outcome === 'skipped') return null
  return fingerprintOf({ scraper: name, outcome, reason, fields: failing(signals), detail })
}

function failing({ fields }: Signals): string[] {
  const states = ['missing', 'invalid', 'empty']
  return Object.entries(fields).flatMap(([name, { state }]) => (states.includes(state) ? [name] : []))
}

/** What came, where no browser has parsed it; a page with private fields is left out, as nobody knows where they stand. */
function bodyOf(scraper: Scraper, { via, bodyHead }: Signals): string | null {
  const unparsed =
    scraper.kind !== 'browser' || (via === 'http' && privateSelectors(scraper.read).length === 0)
  return unparsed && bodyHead !== '' ? maskMarkup(bodyHead) : null
}

/** Null where there is nothing to show: the site did not answer. */
async function exhibitOf(
  scraper: Scraper,
  version: string,
  signals: Signals,
  verdict: Verdict,
  fingerprint: string,
  seen: Captured | null,
): Promise<Exhibit | null> {
  if (signals.main === null) return null
  const body = bodyOf(scraper, signals)
  const html = seen?.html ?? (body === null ? null : await packed(body, signals.bodyBytes > body.length))
  const shot = seen?.screenshot ?? null
  const { name, kind, fleet, host } = scraper
  return {
    about: {
      scraper: name,
      kind,
      fleet,
      host,
      version,
      fingerprint,
      fields: failing(signals),
      outcome: verdict.outcome,
      reason: verdict.reason,
      detail: maskText(verdict.detail),
      url: maskAddress(signals.finalUrl ?? signals.url).slice(0, 2000),
      title: seen?.title ?? (body === null ? '' : maskText(signals.title)),
      status: signals.main.status,
      headers: tellingHeaders(signals.main.headers),
      screenshot: shot && { width: shot.width, height: shot.height, bytes: shot.image.length },
      html: html && { bytes: html.bytes, cut: html.cut },
    },
    screenshot: shot?.image ?? null,
    html: html?.packed ?? null,
  }
}
