/** The user that the documentation tells people to make, so that tests run with exactly that. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { ROOT } from './role.ts'

export const PASSWORD = 'p@ss:w/ord'

/** Makes the user `weir` of docs/operations.md; `admin` is connected as somebody who may. */
export async function makeUser(admin: Redis): Promise<void> {
  const line = /^ACL SETUSER weir .*$/m.exec(readFileSync(`${ROOT}docs/operations.md`, 'utf8'))![0]
  await admin.call('ACL', ...line.replace('PASSWORD', PASSWORD).split(' ').slice(1))
}

/** What the user `weir` was refused, as `command|key|channel|auth: what`. */
export async function refusals(admin: Redis): Promise<string[]> {
  const entries = (await admin.call('ACL', 'LOG')) as unknown[][]
  return entries.map((fields) => {
    const at = (name: string): unknown => fields[fields.indexOf(name) + 1]
    return `${String(at('reason'))}: ${String(at('object'))} (${String(at('client-info'))})`
  })
}
