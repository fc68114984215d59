/** Where robots.txt is remembered for all processes; one of them asks a site, the others wait for what it hears. */

/** `rules`: the lines that concern us; `why`: why nothing is allowed, or null where the rules hold. */
export interface Known {
  rules: string
  why: string | null
}

export type RobotsRead =
  | { state: 'known'; known: Known }
  /** It is on the reader to ask the site, and to `keep` what it says. */
  | { state: 'ask' }
  /** Somebody else is asking. */
  | { state: 'wait' }

/** What a site said; `silent`: it could not be heard; `refused`: it may not be asked now. */
export type Said = { state: 'rules'; rules: string } | { state: 'silent'; why: string } | { state: 'refused' }

export interface RobotsStore {
  read(origin: string, token: string): Promise<RobotsRead>
  /** What holds from now on: rules of before, where the site is silent and there are some. Null: nothing new. */
  keep(origin: string, token: string, said: Said): Promise<Known | null>
}
