/** What a robots.txt says to us (RFC 9309): which of its lines are meant, whether an address is allowed, how often. */
import robotsParser from 'robots-parser'
import { withinTime } from '../../define/within-time.ts'

interface Rules {
  isAllowed(url: string, agent: string): boolean | undefined
  getCrawlDelay(agent: string): number | undefined
}
// CommonJS whose types say that it is none.
const parse = robotsParser as unknown as (url: string, text: string) => Rules

/** By this name sites address us; `*` where they do not. */
export const PRODUCT = 'weir'
/** RFC 9309 §2.5: at least 500 KiB must be read; what comes after is not. */
export const MAX_ROBOTS = 500 * 1024
/** Patterns of a hostile file may take for ever; on a busy machine a good file may take a while. */
const JUDGE_MS = 1000
/** Beyond a month a delay makes no difference. */
const MAX_DELAY_MS = 30 * 86_400_000

/**
 * The lines that concern us: of a file with thousands of groups for others, or of a page that is no robots.txt, next to
 * nothing is left to keep.
 */
export function relevantLines(text: string, whole: boolean): string {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  if (!whole) lines.pop()
  const kept: string[] = []
  let naming = false
  let ours: string[] = []
  for (const line of lines) {
    const [, name = '', value = ''] = /^\s*([a-z-]+)\s*:([^#]*)/i.exec(line) ?? []
    const rule = name.toLowerCase()
    if (rule === 'user-agent') {
      if (!naming) ours = []
      naming = true
      const agent = value.trim().toLowerCase().replace(/\/.*$/, '').trim()
      if ((agent === PRODUCT || agent === '*') && !ours.includes(agent)) ours.push(agent)
    } else if (rule === 'allow' || rule === 'disallow' || rule === 'crawl-delay') {
      if (naming) kept.push(...ours.map((agent) => `user-agent: ${agent}`))
      naming = false
      if (ours.length > 0) kept.push(`${rule}: ${value.trim().replace(/\*{2,}/g, '*')}`)
    }
  }
  return kept.join('\n')
}

export interface Permission {
  allowed: boolean
  /** Shortest time between two visits that it asks for, ms. */
  delay: number
  /** Why not, for people. */
  detail: string
}

/** `rules`: what relevantLines() left of the file of the address's origin. */
export function permissionFor(rules: string, url: string): Permission {
  const { origin } = new URL(url)
  try {
    return withinTime(JUDGE_MS, () => {
      const robots = parse(`${origin}/robots.txt`, rules)
      const seconds = Number(robots.getCrawlDelay(PRODUCT) ?? 0)
      const delay = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, MAX_DELAY_MS) : 0
      const allowed = robots.isAllowed(url, PRODUCT) ?? false
      return { allowed, delay, detail: allowed ? '' : `${origin}/robots.txt does not allow it` }
    })
  } catch {
    const detail = `${origin}/robots.txt takes more than ${JUDGE_MS} ms to understand`
    return { allowed: false, delay: 0, detail }
  }
}
