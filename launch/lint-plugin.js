/** Lint rules of our own: who may import whom, and what the pure parts may not touch. Read by .oxlintrc.json. */
import { dirname, relative, resolve, sep } from 'node:path'

/** Decides by its arguments alone: no I/O, no clock, no randomness; imports values only from files of this list. */
const PURE = [
  'engine/{error,fold,fold-rows,fold-snapshot,fold-version,log-clock,plan,plan-snapshot,work}.ts',
  'engine/exchange/**',
  'engine/{window,rule,alert}/**',
  'engine/accounting/{account,accounting,book,event,pack}.ts',
  'engine/event/{batch,bounds,column-check,columns,decode,entry,event-ids,event-reader,flat,flat-columns,hash-generations,hash-log,hash64,heartbeat,lane,nearest,rejected,retired-producers,run,scanner,sequence,spool-record,texts,validate}.ts',
  'engine/{commit/chain,commit/folding,view/encode}.ts',
  'engine/fleet/{evidence,fingerprint,logged-run,recent-runs}.ts',
  'engine/stream/{entry-id,keys,partition-hash,redis-url}.ts',
  'engine/fleet/{catalog,schedule,turns}.ts',
  'engine/config/{compiled,duration,merged-stream,nearest,window}.ts',
  'scrapers/outcome/**',
  'scrapers/define/landmark.ts',
  'scrapers/evidence/{mask,mask-address,mask-markup}.ts',
  'api/fleet/{field-share,rank,strip}.ts',
  'api/http/proof.ts',
  'api/board/state.ts',
  'api/board/say/**',
]

/** Where a program meets Redis. Everything else takes a connection or an interface. */
const REDIS = [
  'engine/**/{redis-*,connection,producer,main}.ts',
  'engine/{commit,series,control,record,command,stream,view}/**',
  'scrapers/{**/redis-*,main}.ts',
  'api/{**/redis-*,main}.ts',
  'launch/**',
]

/** First column: whose imports; second: what they may not import; third: the exception; fourth: why. */
const IMPORTS = [
  [['engine/**'], ['scrapers/**', 'api/**', 'launch/**'], [], 'the engine knows neither scrapers nor API'],
  [['scrapers/**'], ['api/**', 'launch/**'], [], 'scrapers and API meet only in Redis'],
  [['api/**'], ['scrapers/**', 'launch/**'], [], 'scrapers and API meet only in Redis'],
  [['scrapers/**', 'api/**'], ['engine/**'], ['engine/index.ts'], "the engine's surface is engine/index.ts"],
  [
    ['launch/**'],
    ['engine/**', 'scrapers/**', 'api/**'],
    ['engine/index.ts'],
    'parts are used by their surface',
  ],
  [
    ['examples/world/**'],
    ['engine/**', 'scrapers/**', 'api/**', 'launch/**'],
    [],
    'the world knows nothing of Weir',
  ],
]

const IO_PACKAGES = /^(ioredis|redis|redis-om|hono|@hono\/.*|ws|pino|puppeteer.*|jiti|croner|tsx.*)$/
const IO_MODULES =
  /^node:(fs|net|http|https|http2|child_process|dgram|dns|tls|timers|worker_threads|cluster|os|process)(\/|$)/
const IO_GLOBALS = new Set([
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
  'process',
  'console',
  'WebSocket',
])
const IO_MEMBERS = new Set(['Date.now', 'Math.random', 'crypto.randomUUID', 'crypto.getRandomValues'])

const isTest = (file) => /\.(test|contract|bench)\.ts$/.test(file) || file.startsWith('test/')
const within = (file, globs) => globs.some((glob) => matches(file, glob))

/** `**` crosses folders, `*` does not, `{a,b}` is either (`path.matchesGlob` still warns on Node 20). */
function matches(file, glob) {
  const pattern = glob.replace(/\*\*\/|\*\*|[*{},.]/g, (part) => GLOB[part])
  return new RegExp(`^${pattern}$`).test(file)
}
const GLOB = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '{': '(?:', '}': ')', ',': '|', '.': '\\.' }

/** The project file that an import names, or null for a package. `weir` is the package's name for its own surfaces. */
function projectFile(specifier, file) {
  if (specifier === 'weir') return 'engine/index.ts'
  if (specifier === 'weir/scrapers') return 'scrapers/index.ts'
  if (specifier === 'weir/scrapers/testing') return 'scrapers/fixture/index.ts'
  if (!specifier.startsWith('.')) return null
  return relative('/', resolve('/', dirname(file), specifier))
    .split(sep)
    .join('/')
}

/** Why this import is refused, or null. */
function refuse(file, specifier, isType) {
  const target = projectFile(specifier, file)
  if (target !== null) {
    for (const [from, banned, allowed, why] of IMPORTS)
      if (within(file, from) && within(target, banned) && !within(target, allowed)) return why
    if (!isType && within(file, PURE) && !within(target, [...PURE, 'engine/index.ts']))
      return `a pure part imports only pure parts (list: launch/lint-plugin.js), and ${target} is none`
    return null
  }
  if (specifier === 'redis-om' && !within(file, ['engine/record/**']))
    return 'redis-om lives in engine/record'
  if (within(file, PURE) && (IO_PACKAGES.test(specifier) || IO_MODULES.test(specifier)))
    return 'a pure part does no I/O'
  if (specifier === 'ioredis' && !isType && !within(file, REDIS))
    return 'Redis is met in few places (list: launch/lint-plugin.js)'
  return null
}

function ruleFor(visit) {
  return {
    create(context) {
      const file = relative(context.cwd ?? process.cwd(), context.filename)
        .split(sep)
        .join('/')
      return isTest(file) ? {} : visit(file, (node, message) => context.report({ node, message }))
    },
  }
}

const boundary = ruleFor((file, report) => {
  const check = (node) => {
    const specifier = node.source?.value
    if (typeof specifier !== 'string') return
    const why = refuse(file, specifier, (node.importKind ?? node.exportKind) === 'type')
    if (why !== null) report(node, `'${specifier}' may not be imported here: ${why}.`)
  }
  return {
    ImportDeclaration: check,
    ImportExpression: check,
    ExportNamedDeclaration: check,
    ExportAllDeclaration: check,
  }
})

const name = (node) => (node.type === 'Identifier' ? node.name : '')

const pure = ruleFor((file, report) => {
  if (!within(file, PURE)) return {}
  const refused = (node, what) =>
    report(node, `${what} in a pure part: pass time, randomness and I/O as parameters.`)
  return {
    MemberExpression(node) {
      const member = `${name(node.object)}.${name(node.property)}`
      if (IO_MEMBERS.has(member) || IO_GLOBALS.has(name(node.object))) refused(node, member)
    },
    CallExpression(node) {
      if (IO_GLOBALS.has(name(node.callee))) refused(node, `${name(node.callee)}()`)
      if (name(node.callee) === 'Date') refused(node, 'Date()')
    },
    NewExpression(node) {
      if (name(node.callee) === 'Date' && node.arguments.length === 0) refused(node, 'new Date()')
    },
  }
})

export default { meta: { name: 'weir' }, rules: { boundary, pure } }
