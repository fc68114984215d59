/** Whether a redirect stayed with the site that was asked, without a list of all public suffixes. */

// Second-level labels under which strangers register: `a.co.uk` and `b.co.uk` are two sites.
const SHARED = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'go',
  'gob',
  'gov',
  'gv',
  'ne',
  'net',
  'nom',
  'or',
  'org',
  'ltd',
  'plc',
])

/** The name a site registers, as good as labels tell: `www.shop.co.uk` → `shop.co.uk`. Addresses are themselves. */
export function siteOf(hostname: string): string {
  const host = hostname.toLowerCase().replace(/\.$/, '')
  if (/^[\d.]+$/.test(host) || host.includes(':')) return host
  const labels = host.split('.')
  const second = labels.at(-2) ?? ''
  // Only country domains (two letters) have shared second levels.
  const take = labels.length > 2 && SHARED.has(second) && labels.at(-1)?.length === 2 ? 3 : 2
  return labels.slice(-take).join('.')
}

/** Whether both addresses belong to one site; unreadable ones do not. */
export function sameSite(a: string, b: string): boolean {
  if (!URL.canParse(a) || !URL.canParse(b)) return false
  return siteOf(new URL(a).hostname) === siteOf(new URL(b).hostname)
}
