/**
 * What became of every notification, shared by all API processes. One of them holds the lease and sends; what it
 * writes is refused once another one took over. A message whose sending was begun and not settled is sent again.
 */

export interface LedgerEntry {
  /** `sending`: begun, not known to have arrived. All others are settled. */
  status: 'sending' | 'sent' | 'printed' | 'failed'
  attempts: number
  /** Wall clock of the last change, ms. */
  at: number
  reason?: string
}

export interface Ledger {
  /** Takes or renews the lease; false while another process holds it. */
  hold(token: string): Promise<boolean>
  release(token: string): Promise<void>
  /** Where a channel goes on, or null for one that is new. */
  cursor(channel: string): Promise<string | null>
  read(key: string): Promise<LedgerEntry | null>
  /** False, and nothing is written, when the lease is lost. */
  write(token: string, key: string, entry: LedgerEntry): Promise<boolean>
  /** False, and nothing is written, when the lease is lost. */
  advance(token: string, channel: string, cursor: string): Promise<boolean>
  /** Forgets settled entries from before `at`. */
  prune(token: string, at: number): Promise<void>
}
