import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { batchFields } from './entry.ts'
import { openSpool, type Spool } from './spool.ts'
import type { SpooledEntry } from './spool-record.ts'

const OWNER = { namespace: 'test', stream: 'trades', partitions: 3 }
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-spool-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const numbers = [0, 0, 0]
/** The next entry of a partition, of `rows` rows. */
function entry(partition: number, rows: number, columns = '{"v":[1]}'): SpooledEntry {
  const seq = numbers[partition]!
  numbers[partition]! += rows
  return { partition, rows, bytes: 9, fields: batchFields('p~1~a', seq, rows, 's', 0, columns) }
}
beforeEach(() => void numbers.fill(0))
const numbering = (): { id: string; next: number }[] => numbers.map((next) => ({ id: 'p~1~a', next }))

async function readAll(spool: Spool): Promise<SpooledEntry[]> {
  const all: SpooledEntry[] = []
  while (!spool.empty) {
    all.push(...(await spool.next()))
    await spool.confirm()
  }
  return all
}
const files = async (): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.endsWith('.spool'))

test('what was appended comes back in its order, a bounded piece at a time; confirmed files are deleted', async () => {
  const entries = Array.from({ length: 600 }, (_, i) => entry(i % 3, 2))
  const spool = await openSpool({ directory }, OWNER)
  expect(await spool.append(entries, numbering)).toBe(600)
  const read: SpooledEntry[][] = []
  do read.push(await spool.next())
  while (read.at(-1)!.length > 0)
  expect(read.map((some) => some.length)).toEqual([256, 256, 88, 0])
  expect(read.flat()).toEqual(entries)
  expect(await files()).toHaveLength(1)
  await spool.confirm()
  expect([await files(), spool.empty, spool.bytes]).toEqual([[], true, 0])
  await spool.close()
})

test('the next one goes on: entries, rows that wait, and where the numbers stand', async () => {
  const first = await openSpool({ directory }, OWNER)
  numbers[2] = 70
  const entries = [entry(0, 5), entry(1, 2), entry(0, 1)]
  await first.append(entries, numbering)
  await first.close()
  const second = await openSpool({ directory }, OWNER)
  expect(second.numbering).toEqual([6, 2, 70].map((next) => ({ id: 'p~1~a', next })))
  expect([0, 1, 2].map((partition) => second.resumed(partition).pending)).toEqual([6, 2, 0])
  const more = entry(1, 4)
  await second.append([more], numbering)
  expect(await readAll(second)).toEqual([...entries, more])
  await second.close()
})

test('cut at every byte: whole records before it are kept, nothing else is an event, and the id is not taken up', async () => {
  const entries = [entry(0, 1), entry(1, 2), entry(0, 3)]
  const spool = await openSpool({ directory }, OWNER)
  const ends: number[] = []
  for (const one of entries) {
    await spool.append([one], numbering)
    ends.push(spool.bytes)
  }
  await spool.close()
  const [name] = await files()
  const path = join(directory, name!)
  const bytes = await readFile(path)
  for (let cut = 0; cut <= bytes.length; cut++) {
    await writeFile(path, bytes.subarray(0, cut))
    const torn = await openSpool({ directory }, OWNER)
    const kept = ends.filter((end) => end <= cut)
    const whole = kept.at(-1) === cut
    expect(torn.numbering === null, `cut at ${cut}`).toBe(!whole && cut !== headerEnd(bytes))
    expect(await readAll(torn)).toEqual(entries.slice(0, kept.length))
    await torn.close()
    expect(await files()).toEqual([])
  }
})

const headerEnd = (bytes: Buffer): number => 8 + bytes.readUInt32LE(0)

test('a file damaged in the middle keeps the others, and what is gone leaves a hole in the numbers', async () => {
  const spool = await openSpool({ directory, bytes: 4000 }, OWNER)
  const entries = Array.from({ length: 12 }, () => entry(0, 1, 'x'.repeat(100)))
  await spool.append(entries, numbering)
  await spool.close()
  const names = await files()
  expect(names.length).toBeGreaterThan(1)
  const path = join(directory, names[0]!)
  const bytes = await readFile(path)
  bytes[bytes.length - 20]! ^= 1
  await writeFile(path, bytes)
  const found = await openSpool({ directory }, OWNER)
  expect(found.numbering).toBeNull()
  expect(found.cut).toBeGreaterThan(100)
  const read = await readAll(found)
  expect(read).toHaveLength(11)
  expect(entries.filter((one) => !read.some((other) => other.fields[5] === one.fields[5]))).toHaveLength(1)
  await found.close()
})

test('it takes no more than its bytes, says how many it took, and takes more when files are gone', async () => {
  const spool = await openSpool({ directory, bytes: 10_000 }, OWNER)
  const entries = Array.from({ length: 200 }, () => entry(0, 1, 'x'.repeat(100)))
  const taken = await spool.append(entries, numbering)
  expect(taken).toBeGreaterThan(20)
  expect(taken).toBeLessThan(50)
  expect(spool.bytes).toBeLessThanOrEqual(10_000)
  expect(await spool.append(entries.slice(taken), numbering)).toBe(0)
  const read: SpooledEntry[] = []
  while (spool.bytes > 8000) {
    read.push(...(await spool.next()))
    await spool.confirm()
  }
  const then = await spool.append(entries.slice(taken), numbering)
  expect(then).toBeGreaterThan(0)
  expect([...read, ...(await readAll(spool))]).toEqual(entries.slice(0, taken + then))
  await spool.close()
})

test('rows that can no longer be read while it is open are told, so that nobody waits for them', async () => {
  const spool = await openSpool({ directory }, OWNER)
  await spool.append([entry(0, 5), entry(2, 2)], numbering)
  await rm(join(directory, (await files())[0]!))
  expect(await spool.next()).toEqual([])
  await writeFile(join(directory, '00000001.spool'), '')
  expect(await spool.confirm()).toEqual([5, 0, 2])
  expect(spool.damaged).toBe(7)
  await spool.close()
})

test('one for another stream, or of another format, is refused and left as it is', async () => {
  const spool = await openSpool({ directory }, OWNER)
  await spool.append([entry(0, 1)], numbering)
  await spool.close()
  for (const change of [{ stream: 'runs' }, { namespace: 'x' }, { partitions: 4 }])
    await expect(openSpool({ directory }, { ...OWNER, ...change })).rejects.toMatchObject({
      code: 'WEIR_SPOOL',
    })
  const again = await openSpool({ directory }, OWNER)
  expect(await readAll(again)).toHaveLength(1)
  await again.close()
})

test('two never use one spool: not in a process, not in two; a dead holder’s is free at once', async () => {
  const one = await openSpool({ directory }, OWNER)
  await expect(openSpool({ directory }, OWNER)).rejects.toMatchObject({
    code: 'WEIR_SPOOL',
    message: expect.stringContaining(`process ${process.pid} on `) as string,
  })
  await one.close()
  const module = new URL('./spool.ts', import.meta.url).href
  const code = `import(${JSON.stringify(module)}).then(async ({ openSpool }) => {
    await openSpool({ directory: ${JSON.stringify(directory)} }, ${JSON.stringify(OWNER)})
    console.log('open'); setInterval(() => {}, 1000) })`
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await expect(openSpool({ directory }, OWNER)).rejects.toMatchObject({ code: 'WEIR_SPOOL', retry: true })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await openSpool({ directory }, OWNER)).close()
  expect(existsSync(join(directory, 'lock'))).toBe(false)
})

test('a holder on another host keeps it as long as it touches the lock; one who lost it writes no more', async () => {
  const lock = join(directory, 'lock')
  await writeFile(lock, JSON.stringify({ pid: 1, born: '', host: 'elsewhere', nonce: 'n' }))
  await expect(openSpool({ directory }, OWNER)).rejects.toThrow('process 1 on elsewhere')
  const before = new Date(Date.now() - 31_000)
  await utimes(lock, before, before)
  const spool = await openSpool({ directory }, OWNER)
  await writeFile(lock, '{}')
  await expect(spool.append([entry(0, 1)], numbering)).rejects.toMatchObject({ code: 'WEIR_SPOOL' })
  await spool.close()
})
