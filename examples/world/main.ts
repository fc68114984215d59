/**
 * The example world as a process of its own: `--seed N --port P [--history-to URL] [--hours 25] [--pace 1]`.
 * With an IPC channel it reports to its parent and waits for `{type: 'send-history'}`; without one it
 * prints and starts at once. It ends with its parent, on SIGTERM and on SIGINT.
 */
import { parseArgs } from 'node:util'
import { dealt } from './deal.ts'
import { play } from './play.ts'
import { openWorld } from './world.ts'

type Message =
  | { type: 'listening'; port: number; env: { WEIR_WORLD_PORT: string } }
  | { type: 'history'; sent: number; total: number }
  | { type: 'history-done'; events: number }
  | { type: 'play'; text: string }
  | { type: 'failed'; message: string }

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    port: { type: 'string', default: '7070' },
    'history-to': { type: 'string' },
    hours: { type: 'string', default: '25' },
    pace: { type: 'string', default: '1' },
  },
})

const deal = dealt(number('seed'), number('pace'))
const world = await openWorld({
  deal,
  port: number('port'),
  eventsTo: values['history-to']?.replace(/\/$/, '') ?? null,
  hours: number('hours'),
  now: Date.now,
}).catch(fail)

tell({ type: 'listening', port: world.port, env: { WEIR_WORLD_PORT: String(world.port) } })
process.on('SIGTERM', end).on('SIGINT', end)
if (process.send === undefined) await begin()
else {
  process.on('disconnect', end).on('message', (message: { type?: string }) => {
    if (message.type === 'send-history') void begin()
  })
}

async function begin(): Promise<void> {
  const events = await world
    .goLive((sent, total) => tell({ type: 'history', sent, total: Math.max(sent, total) }))
    .catch(fail)
  tell({ type: 'history-done', events })
  tell({ type: 'play', text: play(deal) })
}

/** To the parent, else to people. */
function tell(message: Message): void {
  if (process.send !== undefined) return void (process.connected && process.send(message))
  process.stdout.write(`${spoken(message)}\n`)
}

function spoken(message: Message): string {
  switch (message.type) {
    case 'listening':
      return `The world listens: http://north-bank.localhost:${message.port}/accounts and others.`
    case 'history':
      return `The past: ${message.sent} of about ${message.total} events sent.`
    case 'history-done':
      return `The past: ${message.events} events sent. Live from now on.`
    case 'play':
      return message.text
    case 'failed':
      return message.message
  }
}

function number(option: 'seed' | 'port' | 'hours' | 'pace'): number {
  const value = Number(values[option])
  if (values[option] !== '' && Number.isFinite(value) && value >= 0) return value
  return fail(`--${option} ${values[option]}: this must be a number, 0 or more.`)
}

function fail(error: unknown): never {
  tell({ type: 'failed', message: `The world stopped: ${reason(error)}` })
  process.stderr.write(`The world stopped: ${reason(error)}\n`)
  process.exit(1)
}

/** The message with its cause: "fetch failed" alone tells nobody anything. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}

function end(): void {
  void world.close().finally(() => process.exit(0))
}
