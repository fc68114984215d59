/** Whether sending a letter's row again would count it, and why not. Pure. */
import type { CompiledStream } from '../config/compiled.ts'
import { MAX_DEAD_BYTES } from '../event/entry.ts'
import type { Validate } from '../event/validate.ts'
import type { Letter } from './letter.ts'

/**
 * `gone`: no such letter. `unreadable`, `cut`: no JSON object. `invalid`: no event of the stream. `closed`, `ahead`:
 * its time. `behind`: the engine does not follow the newest config yet.
 */
export type NotReplayed = 'gone' | 'unreadable' | 'cut' | 'invalid' | 'closed' | 'ahead' | 'behind'

export interface Refusal {
  ok: false
  reason: NotReplayed
  /** One sentence for people; may quote the row, so it is as hostile as that. */
  says: string
  todo: string
}
export type Replayable = { ok: true; row: Record<string, unknown> } | Refusal

/** As the fold has it: further ahead than this is refused. */
const MAX_AHEAD = 60_000

/** The row of a letter, if it is an event of the stream as it is declared now. */
export function rowOfLetter(letter: Letter, validate: Validate): Replayable {
  const row = parseRow(letter.raw)
  if (row === null) {
    const cut = Buffer.byteLength(letter.raw) > MAX_DEAD_BYTES - 4
    return cut
      ? refusal(
          'cut',
          'only the first 4 KB of the row are kept, and the log no longer has it.',
          'Send the whole row again from its source.',
        )
      : refusal(
          'unreadable',
          'what was kept is not a JSON object.',
          'Correct it at its source and send it again.',
        )
  }
  const valid = validate(row)
  if (valid.ok) return { ok: true, row }
  return refusal(
    'invalid',
    `the row is still no event of the stream: ${valid.reason}.`,
    'Correct the schema in the config, or the row at its source; then try again.',
  )
}

/**
 * Whether the engine would take a row of that time. `watermark`: of the partition the row belongs to, ms, null
 * before its first event; `now`: server time, ms.
 */
export function inTime(
  row: Record<string, unknown>,
  stream: CompiledStream,
  watermark: number | null,
  now: number,
): Replayable {
  const at = stream.time === null ? now : Number(row[stream.time])
  if (at > now + MAX_AHEAD) {
    return refusal(
      'ahead',
      `its time lies ${seconds(at - now)} ahead of the server's clock.`,
      'Wait, or correct it.',
    )
  }
  const behind = watermark === null ? 0 : watermark - at
  if (behind <= stream.lateness) return { ok: true, row }
  return refusal(
    'closed',
    `its time is closed: ${seconds(behind)} behind the watermark, and the stream takes ${seconds(stream.lateness)}.`,
    "Raise the stream's lateness, or keep it as it is: closed windows are never changed.",
  )
}

function refusal(reason: NotReplayed, says: string, todo: string): Refusal {
  return { ok: false, reason, says, todo }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}

function parseRow(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
