/** Is this machine fit to run Weir? */
import { bytes } from '../state/short.ts'
import { type Check, fail, ok, warn } from './finding.ts'

const MB = 1e6

export const node: Check = ({ machine }) => {
  const [major = 0, minor = 0] = machine.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return ok('node', machine.node)
  return fail('node', `${machine.node} is too old`, 'Install Node 20.19 or newer.')
}

export const disk: Check = ({ machine }) =>
  left(
    'disk',
    machine.disk,
    200 * MB,
    1000 * MB,
    'free in this folder',
    'Make room: logs, browsers and spools need it.',
  )

export const memory: Check = ({ machine }) =>
  left(
    'memory',
    machine.memory,
    150 * MB,
    500 * MB,
    'free on this machine',
    'Stop something, or run fewer browsers at once.',
  )

function left(check: string, n: number | null, least: number, wanted: number, where: string, todo: string) {
  if (n === null) return warn(check, `could not look how much is ${where}`, todo)
  const says = `${bytes(n)} ${where}`
  if (n < least) return fail(check, says, todo)
  return n < wanted ? warn(check, says, todo) : ok(check, says)
}
