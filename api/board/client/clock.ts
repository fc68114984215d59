/** The server's clock as this page knows it: ages stay true on a TV whose own clock is wrong. */

export interface ServerClock {
  /** A message that was made just now says what time it is on the server. */
  set(serverNow: number): void
  /** Server time, ms. */
  now(): number
}

/** `monotonic` is a clock that never jumps, such as `performance.now`; `guess` serves until the first message. */
export function serverClock(monotonic: () => number, guess: number): ServerClock {
  let offset = guess - monotonic()
  return {
    set: (serverNow) => {
      offset = serverNow - monotonic()
    },
    now: () => monotonic() + offset,
  }
}
