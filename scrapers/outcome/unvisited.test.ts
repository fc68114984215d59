/** What is said of a fault is masked before it is cut. */
import { expect, test } from 'vitest'
import { messageOf } from './unvisited.ts'

test('an address that begins shortly before the cut is masked all the same', () => {
  const before = 'a'.repeat(270)
  const told = messageOf(new Error(`${before} https://ann:hunter2@${'h'.repeat(40)}.example/`))
  expect(told).toBe(`${before} https://${'h'.repeat(21)}`)
  expect(messageOf('at https://h/?token=hunter2')).toBe('at https://h/?token=[secret]')
})
