/** Does the config compile, and is there what it refers to? */
import { type Check, fail, ok, warn } from './finding.ts'

export const config: Check = ({ config: { path, config: compiled, problem }, set }) => {
  if (compiled !== null) {
    const { streams, metrics, rules } = compiled
    return ok(
      'config',
      `${path}: ${streams.length} streams, ${metrics.length} metrics, ${rules.length} rules`,
    )
  }
  const says = problem ?? 'it does not compile'
  // With WEIR_NAMESPACE the roles follow what somebody else publishes.
  if (set.has('WEIR_NAMESPACE') && /no file|not found|there is no/i.test(says))
    return ok('config', 'WEIR_NAMESPACE is set: the config comes from whoever publishes it')
  return fail('config', says, `Type: weir check ${path}`)
}

/** Names of variables only: their values are secrets. */
export const channels: Check = ({ config: { config: compiled }, set }) => {
  if (compiled === null || compiled.channels.length === 0) return null
  const names = [...new Set(compiled.channels.map(({ env }) => env))]
  const unset = names.filter((name) => !set.has(name))
  if (unset.length === 0) return ok('channels', `${names.join(', ')} set`)
  return warn(
    'channels',
    `${unset.join(', ')} not set here: those messages cannot go out`,
    'Set it where weir api runs.',
  )
}

/** Without Chromium, scrapers of pages fail; checks over HTTP do not need it. */
export const chromium: Check = ({ machine: { chromium: found }, config: { scraperFiles } }) => {
  const todo = 'Install Google Chrome or Chromium, or set WEIR_CHROMIUM.'
  if (found === null)
    return scraperFiles > 0
      ? fail('chromium', `none found, and there are ${scraperFiles} scraper files`, todo)
      : ok('chromium', 'none found, and no scrapers here')
  if (found.version === null) return fail('chromium', `${found.path} (${found.source}) does not start`, todo)
  return ok('chromium', `${found.version}, ${found.source}`)
}
