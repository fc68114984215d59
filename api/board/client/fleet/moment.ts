/** Instants as the reader's own clock shows them. */

/** `14:05`; another day's with its date. `now` is the reader's. */
export function timeOfDay(ms: number, now = Date.now()): string {
  const date = new Date(ms)
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`
}
