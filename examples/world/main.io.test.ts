/** The world as a process: what it tells its parent, what it sends, and that it ends with its parent. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

test('it listens, sends its past when told, tells the play, goes on sending its log, and ends', async () => {
  const received: Record<string, number> = {}
  let refusals = 1
  const receiver = createServer((request, response) => {
    void text(request).then((body) => {
      // The first request is sent away: "not now" must cost nothing.
      const status = refusals-- > 0 ? 503 : 202
      response.writeHead(status, { 'retry-after': '0.05' }).end()
      if (status !== 202) return
      const stream = request.url!.split('/').at(-1)!
      received[stream] = (received[stream] ?? 0) + body.trimEnd().split('\n').length
    })
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const to = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/events`

  const args = ['--seed', '4', '--port', '0', '--history-to', to, '--hours', '0.5']
  const world = fork(new URL('./main.ts', import.meta.url), args, { execArgv: ['--import', 'tsx'] })
  const told: { type: string; [key: string]: unknown }[] = []
  world.on('message', (message) => told.push(message as never))
  const hear = async (type: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const found = told.find((message) => message.type === type)
      if (found) return found
      await once(world, 'message')
    }
  }
  try {
    const { port, env } = await hear('listening')
    expect(env).toEqual({ WEIR_WORLD_PORT: String(port) })
    expect(received).toEqual({})

    world.send({ type: 'send-history' })
    const { events } = await hear('history-done')
    expect(Object.keys(received).toSorted()).toEqual(['fields', 'requests', 'runs', 'trades'])
    expect(Object.values(received).reduce((sum, n) => sum + n, 0)).toBe(events)
    expect(String((await hear('play')).text)).toContain('World 4')

    const before = received.requests!
    await expect.poll(() => received.requests).toBeGreaterThan(before)

    world.disconnect()
    const [code] = (await once(world, 'exit')) as [number]
    expect(code).toBe(0)
  } finally {
    world.kill('SIGKILL')
    receiver.closeAllConnections()
    receiver.close()
  }
}, 15_000)
