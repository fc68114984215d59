/** What the producers of the torture send: a pure function of who and how many, so that every life says the same. */

/** Producer processes. */
export const PRODUCERS = 2
/** Keys of the stream. Row n of a producer has key n mod KEYS, so per key the rows follow one another without a gap. */
export const KEYS = 64

export interface Row {
  key: string
  producer: number
  /** 0, 1, 2, … per producer, through all its lives. */
  serial: number
  value: number
}

export function rowOf(producer: number, serial: number): Row {
  return {
    key: `k${serial % KEYS}`,
    producer,
    serial,
    value: (Math.imul(serial + 1, 0x9e3779b1) >>> 8) % 1000,
  }
}
