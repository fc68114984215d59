/** `weir judge`: recorded runs judged again, a line each; the verdict of these signals by this version of Weir. */
import { createReadStream, existsSync } from 'node:fs'
import { type CommandWorld, PROCESS, exitCode, printableJson, readLines, usage } from '../../engine/index.ts'
import { judge } from '../outcome/judge.ts'
import { readSignals } from '../outcome/recorded.ts'

const USAGE = `weir judge FILE|-

Judges recorded runs again: one line of signals each, as weir try --signals writes
them. A line of JSON says what each comes to now. Exit code 0: all could be read.
`

/** Longest line read, bytes: a body's beginning is 64 KB of it. */
const MAX_LINE = 8 * 1024 * 1024

/** Runs the command with the words after `judge`; resolves to the exit code. Throws nothing that people caused. */
export function run(argv: string[], world: CommandWorld = PROCESS): Promise<number> {
  return exitCode(world, async () => {
    const [file, ...more] = argv
    if (file === '--help' || file === '-h') world.out(USAGE)
    else if (file === undefined || more.length > 0)
      throw usage('weir judge', 'it takes one file', 'Say: weir judge FILE, or - for what is piped in')
    else
      for await (const lines of readLines(bytesOf(file), MAX_LINE, MAX_LINE))
        for (const { text } of lines) {
          const signals = readSignals(text)
          world.out(`${printableJson({ url: signals.url, ...judge(signals) })}\n`)
        }
    return 0
  })
}

function bytesOf(file: string): AsyncIterable<Buffer> {
  if (file === '-') return process.stdin
  if (existsSync(file)) return createReadStream(file)
  throw usage('weir judge', `there is no file ${file}`, 'Write one: weir try FILE --signals > runs.ndjson')
}
