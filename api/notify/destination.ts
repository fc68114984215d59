/** Where a channel sends to: an address from the environment, checked so that it cannot be a door to our inside. */
export type Destination = { ok: true; url: URL } | { ok: false; reason: string }

/** The address in `env[name]`. Reasons never contain it: it is a secret. */
export function readDestination(env: NodeJS.ProcessEnv, name: string, allowPrivate: boolean): Destination {
  const text = env[name]
  if (!text) return { ok: false, reason: `${name} is not set` }
  if (!URL.canParse(text)) return { ok: false, reason: `${name} is not a URL` }
  const url = new URL(text)
  const plain = allowPrivate && url.protocol === 'http:'
  if (url.protocol !== 'https:' && !plain) return { ok: false, reason: `${name} is not an https address` }
  return { ok: true, url }
}
