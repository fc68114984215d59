/** Landmarks: how a scraper knows that it stands on the right page, before it trusts what it reads there. */
import { WeirError } from '../../engine/index.ts'

/**
 * `selector = text` (equal), `selector ~ text` (contains), or a bare selector (present). Instead of a selector:
 * `title`, `url`, `text` (the visible page), `og:<property>`, `json-ld` (the @type of structured data).
 */
export interface Landmark {
  /** As written, for evidence. */
  source: string
  on: 'selector' | 'title' | 'url' | 'text' | 'meta' | 'json-ld'
  /** CSS selector, or the meta property. */
  target: string
  test: 'present' | 'equals' | 'contains'
  text: string
}

/** Parses one landmark; the last ` = ` or ` ~ ` (with spaces) separates target and text. */
export function landmark(source: string, where: string): Landmark {
  const cut = Math.max(source.lastIndexOf(' = '), source.lastIndexOf(' ~ '))
  const target = (cut < 0 ? source : source.slice(0, cut)).trim()
  const text = cut < 0 ? '' : source.slice(cut + 3).trim()
  if (target === '' || (cut >= 0 && text === '')) {
    throw new WeirError(`the landmark "${source}" is incomplete.`, {
      code: 'WEIR_CONFIG',
      domain: 'user',
      retry: false,
      where,
      todo: 'Write "h1 = Accounts", "title ~ North Bank", "url ~ /accounts" or a CSS selector.',
    })
  }
  const test = cut < 0 ? 'present' : source[cut + 1] === '=' ? 'equals' : 'contains'
  if (target === 'title' || target === 'url' || target === 'text' || target === 'json-ld') {
    return { source, on: target, target: '', test, text }
  }
  if (target.startsWith('og:')) return { source, on: 'meta', target, test, text }
  return { source, on: 'selector', target, test, text }
}
