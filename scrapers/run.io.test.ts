/** A run whose rows cannot be sent, against a real server. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { RunEvent } from '../engine/index.ts'
import { collect } from './index.ts'
import { loneGate } from './politeness/lone-gate.ts'
import { run } from './run.ts'

test('events that cannot be sent are no good run, and it has its one event all the same', async () => {
  const server = createServer((_, response) => response.end('[1]')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const events: RunEvent[] = []
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await run(
    collect('rates', { url, every: '1h', local: true, into: 'rates', events: () => [{ rate: 1 }] }),
    'v1',
    {
      gate: loneGate(),
      pool: null,
      now: Date.now,
      sleep: async () => undefined,
      publish: async (event) => void events.push(event),
      publishRows: () => Promise.reject(new Error('the stream is gone')),
      hostsRemapped: false,
    },
  )
  server.close()
  expect(events).toMatchObject([
    { outcome: 'crashed', reason: 'code', detail: expect.stringContaining('the stream is gone') as string },
  ])
})
