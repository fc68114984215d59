/** What a scraper may write as its `exit`. */
import { refuse } from '../../define/refuse.ts'
import type { ExitChoice } from './exit.ts'

/** `proxy`: any of the config's; a name or several; those of a country (two letters). */
export type ExitOption = 'direct' | 'proxy' | (string & {}) | readonly string[] | { country: string }

/** Throws WEIR_CONFIG naming `where`. */
export function exitChoice(option: ExitOption | undefined, where: string): ExitChoice {
  if (option === undefined || option === 'direct') return null
  if (option === 'proxy') return { names: null, country: null }
  if (typeof option === 'object' && 'country' in option) {
    const country = String(option.country).toLowerCase()
    if (/^[a-z]{2}$/.test(country)) return { names: null, country }
    throw refuse(where, `"${option.country}" is no country.`, 'Write two letters, such as { country: "de" }.')
  }
  const names = typeof option === 'string' ? [option] : [...(option as readonly unknown[])]
  const good = names.filter(
    (name): name is string => typeof name === 'string' && /^[A-Za-z][\w-]{0,63}$/.test(name),
  )
  if (good.length === names.length && good.length > 0) return { names: good, country: null }
  throw refuse(
    where,
    'this names no proxy.',
    'Write "direct", "proxy", the name of a proxy of the config, a list of names, or { country: "de" }.',
  )
}
