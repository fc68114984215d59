/** Work that can be left off: it yields wherever its caller may do something else before it goes on. */

export type Work<T = void> = Generator<undefined, T>

/** Does all of it at once. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
