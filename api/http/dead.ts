/** `/v1/dead/:stream`: the rows that were not counted; look through them, send one again, or take it away. */
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import type { CompiledStream, Ledger, Letter, LetterKind, Reader } from '../../engine/index.ts'
import { streamOf } from './event.ts'
import { NO_CONFIG, problem, REDIS_AWAY, type Problem } from './problem.ts'
import { oneOf, readQuery, limitOf } from './query.ts'

export interface DeadDeps {
  reader: Reader
  ledger: Ledger
}

const PAGE = 50
const MAX_PAGE = 200

/** Mounted at `/v1/dead`. What the rows hold was written by anybody; as JSON it is harmless. */
export function deadRoutes({ reader, ledger }: DeadDeps): Hono {
  const app = new Hono()
  const ready: MiddlewareHandler = async (c, next) => {
    if (!reader.health().redis.ok) return problem(c, REDIS_AWAY)
    return reader.config() === null ? problem(c, NO_CONFIG) : next()
  }
  const stream = (c: Context): CompiledStream =>
    streamOf(reader.config()!.streams, c.req.param('stream') ?? '')
  const id = (c: Context): string => c.req.param('id') ?? ''

  app.get('/:stream', ready, async (c) => {
    const { values } = readQuery(c.req.url, ['late', 'reason', 'cursor', 'limit'])
    const kind: LetterKind =
      oneOf(values.late ?? 'false', ['true', 'false'], 'late') === 'true' ? 'late' : 'dead'
    const { cursor, reason } = values
    const page = await ledger.list(stream(c), {
      kind,
      limit: limitOf(values.limit, 'letters', PAGE, MAX_PAGE),
      ...(cursor === undefined ? {} : { cursor }),
      ...(reason === undefined ? {} : { reason }),
    })
    return c.json({ stream: stream(c).name, kind, ...page })
  })
  app.get('/:stream/:id', ready, async (c) => {
    readQuery(c.req.url, [])
    const letter: Letter | null = await ledger.show(stream(c), id(c))
    return letter === null ? problem(c, NO_LETTER) : c.json(letter)
  })
  app.post('/:stream/:id/replay', ready, async (c) => {
    readQuery(c.req.url, [])
    const told = await ledger.replay(stream(c), id(c))
    if (told.ok) return c.json({ replayed: id(c), producer: told.producer }, 202)
    if (told.reason === 'gone') return problem(c, NO_LETTER)
    const { says: detail, todo, reason } = told
    return problem(c, { status: 409, title: 'Not replayed', detail, todo, more: { reason } })
  })
  app.delete('/:stream/:id', ready, async (c) => {
    readQuery(c.req.url, [])
    return (await ledger.drop(stream(c), id(c))) ? c.json({ dropped: id(c) }) : problem(c, NO_LETTER)
  })
  return app
}

const NO_LETTER: Problem = {
  status: 404,
  title: 'No such letter',
  detail: 'There is no such letter in this stream: it was replayed, dropped, or pushed out by newer ones.',
  todo: 'List them again at /v1/dead/<stream>.',
}
