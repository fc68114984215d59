/** Cuts a byte stream into numbered lines, in bounded memory however long a line is. */

/** One line. `bytes` is its length; where `text` is only its start, `cut` is true. */
export interface Line {
  number: number
  text: string
  bytes: number
  cut: boolean
}

const NEWLINE = 0x0a
const BYTE_ORDER_MARK = '\ufeff'

/**
 * Yields the lines of each chunk, blank ones left out (they are numbered all the same). A line longer than
 * `longest` bytes is yielded as its first `kept` bytes.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  longest: number,
  kept: number,
): AsyncGenerator<Line[]> {
  const state = { number: 1, held: [] as Buffer[], heldBytes: 0, bytes: 0 }

  const hold = (piece: Buffer): void => {
    state.bytes += piece.length
    const room = longest + 1 - state.heldBytes
    if (room <= 0 || piece.length === 0) return
    // Copied: a view would keep the whole chunk alive.
    state.held.push(Buffer.from(piece.subarray(0, room)))
    state.heldBytes += Math.min(room, piece.length)
  }

  const take = (piece: Buffer, lines: Line[]): void => {
    const bytes = state.bytes + piece.length
    const whole =
      state.held.length === 0 ? piece : Buffer.concat([...state.held, piece.subarray(0, longest + 1)])
    const cut = bytes > longest
    const text = decode(whole.subarray(0, cut ? kept : bytes), state.number)
    if (text.trim() !== '') lines.push({ number: state.number, text, bytes, cut })
    state.number++
    state.held = []
    state.heldBytes = state.bytes = 0
  }

  for await (const chunk of chunks) {
    const lines: Line[] = []
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end), lines)
      from = end + 1
    }
    hold(chunk.subarray(from))
    if (lines.length > 0) yield lines
  }
  const rest: Line[] = []
  if (state.bytes > 0) take(Buffer.alloc(0), rest)
  if (rest.length > 0) yield rest
}

function decode(bytes: Buffer, number: number): string {
  const text = bytes.toString('utf8')
  return number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}
