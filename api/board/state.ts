/** What the wallboard shows, computed on the server as plain data; the page only draws it. */

export type Mood = 'good' | 'bad' | 'unknown'

export interface BoardState {
  /** Server time this state was made, ms. */
  now: number
  title: string
  mood: Mood
  /** "6 of 8 banks fine. North Bank changed its page 4 min ago." `{age:ms}` marks where the page writes an age. */
  headline: string
  promises: {
    title: string
    mood: Mood
    /** Formatted, with unit. */
    target: string
    now: string
    /** Last 24 h, oldest first: [ms, value]; a gap is null. */
    line: [number, number | null][]
    targetValue: number
  }[]
  numbers: { title: string; value: string; unit: string; mood: Mood }[]
  alerts: {
    id: string
    severity: 'critical' | 'warning'
    state: 'pending' | 'firing'
    sentence: string
    since: number
    cause: string | null
  }[]
  moreAlerts: number
  own: {
    mood: Mood
    /** "412 events/s" */
    rate: string
    newestEventAt: number | null
    /** Anything people must know about Weir itself: config refused, engine behind, Redis away. */
    notice: string | null
  }
}
