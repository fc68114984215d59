/** The example world starts a new day each time: its own data of the day before goes, other people's never does. */
import { type connect, WeirError } from '../engine/index.ts'

type Redis = ReturnType<typeof connect>

/** Deletes what an earlier world left in the namespace. Rejects with WEIR_SETUP when the data there is no world's. */
export async function clearWorldData(redis: Redis, namespace: string): Promise<void> {
  const mark = markOf(namespace)
  const ours = (await redis.exists(mark)) === 1
  for await (const keys of scan(redis, `${namespace}:*`)) {
    if (!ours)
      throw new WeirError('there is data that the example world has not made.', {
        code: 'WEIR_SETUP',
        domain: 'user',
        retry: false,
        where: `namespace ${namespace} in Redis`,
        todo: 'Keep it: weir dev --no-world. Drop it: delete the folder .weir/redis. Or take another WEIR_NAMESPACE.',
      })
    const old = keys.filter((key) => key !== mark)
    if (old.length > 0) await redis.unlink(...old)
  }
  await redis.set(mark, '1')
}

/** Without the world the data is people's own: no later world may delete it. */
export async function keepData(redis: Redis, namespace: string): Promise<void> {
  await redis.del(markOf(namespace))
}

function markOf(namespace: string): string {
  return `${namespace}:example-world`
}

/** All keys that match, in batches that are never empty. */
async function* scan(redis: Redis, prefix: string): AsyncGenerator<string[]> {
  const pattern = prefix.replace(/[[\]?\\]/g, '\\$&')
  let cursor = '0'
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1000)
    if (keys.length > 0) yield keys
    cursor = next
  } while (cursor !== '0')
}
