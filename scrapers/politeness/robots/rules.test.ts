/** Robots.txt as RFC 9309 reads it, and as hostile sites write it. */
import { describe, expect, test } from 'vitest'
import { MAX_ROBOTS, permissionFor, relevantLines } from './rules.ts'

const allowed = (text: string, path: string): boolean =>
  permissionFor(relevantLines(text, true), `https://a.example${path}`).allowed

describe('which group is meant', () => {
  test.each([
    ['nothing said', '', '/x', true],
    ['everybody', 'User-agent: *\nDisallow: /', '/x', false],
    ['somebody else', 'User-agent: other\nDisallow: /', '/x', true],
    ['us, by name and version', 'User-Agent: Weir/2.0\nDisallow: /x', '/x', false],
    [
      'ours is more than that of all',
      'User-agent: *\nDisallow: /\n\nUser-agent: weir\nDisallow: /y',
      '/x',
      true,
    ],
    ['a group of several', 'User-agent: other\nUser-agent: WEIR\nDisallow: /x', '/x', false],
    [
      'two groups of ours are one',
      'User-agent: weir\nDisallow: /x\nUser-agent: o\nDisallow: /\nUser-agent: weir\nDisallow: /y',
      '/y',
      false,
    ],
    [
      'other lines end no group',
      'User-agent: weir\nSitemap: /s\nUser-agent: other\nDisallow: /x',
      '/x',
      false,
    ],
    ['a byte order mark', '\uFEFFUser-agent: *\r\nDisallow: /x\r\n', '/x', false],
    ['comments', 'user-agent: * # all\ndisallow: /x # not this', '/x', false],
    ['rules of nobody', 'Disallow: /\nUser-agent: weir\nAllow: /', '/x', true],
    ['a page instead of the file', '<html><p>User-agent: none</p>', '/x', true],
    ['an empty rule', 'User-agent: *\nDisallow:', '/x', true],
    ['a name that begins like ours', 'User-agent: weirder\nDisallow: /', '/x', true],
  ])('%s', (_, text, path, expected) => {
    expect(allowed(text, path)).toBe(expected)
  })
})

describe('which rule wins', () => {
  const text =
    'User-agent: *\nDisallow: /shop\nAllow: /shop/open\nDisallow: /*.pdf$\nDisallow: /q?*id=\nDisallow: /%C3%A4'
  test.each([
    ['/shop', false],
    ['/shop/x', false],
    ['/shop/open/x', true],
    ['/a/b.pdf', false],
    ['/a/b.pdf?x', true],
    ['/q?a=1&id=2', false],
    ['/ä', false],
    ['/Shop', true],
    ['/robots.txt', true],
  ])('%s', (path, expected) => expect(allowed(text, path)).toBe(expected))
  test('of two as long, the one that allows', () => {
    expect(allowed('User-agent: *\nDisallow: /x\nAllow: /x', '/x')).toBe(true)
  })
})

test.each([
  ['2.5', 2500],
  ['1e12', 30 * 86_400_000],
  ['-1', 0],
  ['soon', 0],
])('Crawl-delay: %s', (text, ms) => {
  const rules = relevantLines(`User-agent: *\nCrawl-delay: ${text}\nDisallow:`, true)
  expect(permissionFor(rules, 'https://a.example/')).toMatchObject({ allowed: true, delay: ms })
})

test('of a file that was cut the last line does not count', () => {
  expect(relevantLines('user-agent: *\ndisallow: /x\ndisallow: /', false)).toBe('user-agent: *\ndisallow: /x')
})

test('a hostile file costs neither memory nor time', () => {
  const groups = 'user-agent: a\n'.repeat(15_000) + 'disallow: /\n'.repeat(20_000)
  expect(relevantLines(groups, true)).toBe('')
  const begun = performance.now()
  const slow = `user-agent: *\n${`disallow: /${'*a'.repeat(1000)}b\n`.repeat(MAX_ROBOTS / 2100)}`
  const { allowed } = permissionFor(relevantLines(slow, true), `https://a.example/${'a'.repeat(2000)}`)
  expect(allowed).toBe(false)
  expect(performance.now() - begun).toBeLessThan(5000)
})
