/** Numbered lines of progress, each with the seconds its step took: what begins is said before it is done. */

export interface Progress {
  /** Starts line n: `2/5 Redis …`. */
  begin(text: string): void
  /** Ends the line that began, or writes a whole one: `2/5 Redis 7.0.15 on 127.0.0.1:41233 (0.3 s)`. */
  done(text: string): void
  /** Ends an open line, so that an error starts on its own. */
  interrupt(): void
}

/** `first` is the number of the first line, `now` a clock in ms. */
export function progress(
  total: number,
  first: number,
  write: (text: string) => void,
  now: () => number = performance.now.bind(performance),
): Progress {
  let line = first
  let since = now()
  let open = false
  return {
    begin(text) {
      open = true
      write(`${line}/${total} ${text} … `)
    },
    done(text) {
      const seconds = ((now() - since) / 1000).toFixed(1)
      write(`${open ? '' : `${line}/${total} `}${text} (${seconds} s)\n`)
      open = false
      line++
      since = now()
    },
    interrupt() {
      if (open) write('\n')
      open = false
    },
  }
}
