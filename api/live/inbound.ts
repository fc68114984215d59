/** What a screen may say: parsed, validated against the protocol and rated, because a socket is open to anybody. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ClientMessage } from './protocol.ts'

export const MAX_INBOUND_BYTES = 4096
/** Messages at once, and per second after that. */
const BURST = 30
const PER_SECOND = 5

const name = { type: 'string', minLength: 1, maxLength: 100 }
const group = { type: 'object', maxProperties: 8, additionalProperties: { type: 'string', maxLength: 200 } }
const message = (type: string, topics: string[] | null, more: object = {}, required: string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required: topics === null ? ['type'] : ['type', 'topic', ...required],
  properties: { type: { const: type }, ...(topics === null ? {} : { topic: { enum: topics } }), ...more },
})
const SCHEMA = {
  oneOf: [
    message('subscribe', ['board', 'health']),
    message('subscribe', ['kpis'], { metric: name, window: name, group }, ['metric']),
    message('subscribe', ['alerts'], { cursor: { type: 'string', pattern: '^(0|[0-9]{1,15}-[0-9]{1,9})$' } }),
    message('unsubscribe', ['board', 'health', 'alerts']),
    message('unsubscribe', ['kpis'], { metric: name, window: name }, ['metric']),
    message('ping', null),
  ],
}
const valid = new Ajv2020({ allErrors: false }).compile<ClientMessage>(SCHEMA)

/** The message, or a sentence for the one who sent it. */
export function readMessage(data: unknown): ClientMessage | string {
  if (typeof data !== 'string') return 'Messages are JSON text, not binary.'
  if (data.length > MAX_INBOUND_BYTES) return `A message is at most ${MAX_INBOUND_BYTES} bytes.`
  let parsed: unknown
  try {
    parsed = JSON.parse(data)
  } catch {
    return 'The message is not JSON.'
  }
  return valid(parsed)
    ? parsed
    : 'The message is none of the protocol; {"type":"subscribe","topic":"board"} is one. See docs/api.md.'
}

/** A bucket of messages that refills with time. `now` in ms. */
export class Allowance {
  #left = BURST
  #at: number
  constructor(now: number) {
    this.#at = now
  }

  /** Whether one more message is within the rate. */
  take(now: number): boolean {
    this.#left = Math.min(BURST, this.#left + (Math.max(0, now - this.#at) / 1000) * PER_SECOND)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
