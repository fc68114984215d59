/**
 * Evidence of failures: what the page showed, kept for the first failures of each fingerprint on a day. Scraper
 * processes write it, the API shows it. Bounded in size, number and age; what is oldest goes first.
 */
import type { RunEvent } from '../event/run.ts'

/** What is known of a failure without its picture and its page; all texts are masked already. */
export interface EvidenceAbout extends Pick<
  RunEvent,
  'scraper' | 'kind' | 'fleet' | 'host' | 'url' | 'outcome' | 'reason' | 'detail' | 'version'
> {
  fingerprint: string
  /** Fields that could not be read. */
  fields: string[]
  status: number | null
  /** Response headers of the main answer that tell something and no secret. */
  headers: Record<string, string>
  title: string
  screenshot: { width: number; height: number; bytes: number } | null
  /** `bytes`: of the page as kept, uncompressed; `cut`: it is the beginning only. */
  html: { bytes: number; cut: boolean } | null
}

export interface Evidence extends EvidenceAbout {
  id: string
  /** Server time at which it was kept, ms. */
  at: number
}

/** One failure, as a scraper process hands it over. */
export interface Exhibit {
  about: EvidenceAbout
  /** WebP, at most MAX_SCREENSHOT bytes. */
  screenshot: Buffer | null
  /** The page, gzip, at most MAX_HTML bytes. */
  html: Buffer | null
}

export const MAX_SCREENSHOT = 300 * 1024
export const MAX_HTML = 200 * 1024

export interface EvidenceLimits {
  /** Of one fingerprint, and of one scraper, in a day (UTC, server time). */
  perFingerprint: number
  perScraper: number
  /** In one namespace. */
  items: number
  bytes: number
  /** ms. */
  age: number
}

export const EVIDENCE_LIMITS: EvidenceLimits = {
  perFingerprint: 3,
  perScraper: 12,
  items: 1000,
  bytes: 64 * 1024 * 1024,
  age: 7 * 86_400_000,
}

/** `full`: enough of this is kept today; `id` names the newest of its fingerprint, null where none is there any more. */
export interface Kept {
  kept: boolean
  id: string | null
  /** Whether the next failure of this fingerprint would be refused, and until when (ms since 1970, server time). */
  fullUntil: number | null
}

export interface EvidenceQuery {
  scraper?: string
  fingerprint?: string
  /** At most 200. */
  limit: number
}

export interface EvidenceStore {
  /** Keeps it, or says that enough is kept. One atomic step. Rejects where Redis is away or full. */
  keep(exhibit: Exhibit): Promise<Kept>
  /** Newest first. */
  list(query: EvidenceQuery): Promise<Evidence[]>
  find(id: string): Promise<Evidence | null>
  /** WebP; null where there is none (any more). */
  screenshot(id: string): Promise<Buffer | null>
  /** The page as text, its bytes unpacked. */
  html(id: string): Promise<Buffer | null>
  close(): Promise<void>
}

const ID = /^[0-9a-f]{12}-\d{1,6}-\d{1,3}$/

/** `<fingerprint>-<day since 1970>-<number>`. */
export function isEvidenceId(text: unknown): text is string {
  return typeof text === 'string' && ID.test(text)
}
