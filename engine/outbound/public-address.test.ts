import { expect, test } from 'vitest'
import { isPublic } from './public-address.ts'

test.each([
  ['8.8.8.8', true],
  ['172.32.0.1', true],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['100.64.0.1', false],
  ['fe80::1', false],
  ['no address', false],
  ['10.1.2.3', false],
  ['169.254.169.254', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:7f00:1', false],
  ['::ffff:8.8.8.8', true],
  ['fd00::1', false],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['::7f00:1', false],
  ['64:ff9b:1::7f00:1', false],
  ['2001:0:7f00:1::', false],
  ['fec0::1', false],
  ['64:ff9b::a9fe:a9fe', false],
  ['::ffff:169.254.169.254', false],
  ['168.63.129.16', false],
  ['100.100.100.200', false],
  ['fd00:ec2::254', false],
  ['2001:db8::1', false],
  ['203.0.113.9', false],
  ['255.255.255.255', false],
  ['0.0.0.0', false],
  ['::', false],
  ['fe80::1%eth0', false],
])('%s public: %s', (address, expected) => {
  expect(isPublic(address)).toBe(expected)
})
