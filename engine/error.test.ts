import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ERROR_CODES, WeirError } from './error.ts'

it('docs/errors.md lists exactly the codes there are', () => {
  const documented = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(WEIR_\w+)` \|/gm)].map(
    ([, code]) => code,
  )
  expect(documented).toEqual([...ERROR_CODES])
})

it('an error explains where, what and what to do in one line', () => {
  const error = new WeirError('the port is taken.', {
    code: 'WEIR_SETUP',
    domain: 'user',
    retry: false,
    where: 'PORT',
    todo: 'Choose another.',
  })
  expect(error.explain()).toBe('PORT: the port is taken. Choose another.')
})
