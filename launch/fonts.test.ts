import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { fontSettings } from './fonts.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-fonts-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('a machine without fonts gets those of the package', () => {
  const { FONTCONFIG_FILE } = fontSettings(folder, {}, [join(folder, 'nowhere')])
  expect(readFileSync(FONTCONFIG_FILE!, 'utf8')).toContain(`<dir>${folder}</dir>`)
})

it('a machine with fonts, or with settings of its own, is left alone', () => {
  const place = join(folder, 'share', 'truetype')
  mkdirSync(place, { recursive: true })
  expect(fontSettings(folder, { FONTCONFIG_PATH: '/etc/mine' }, [])).toEqual({})
  expect(fontSettings(folder, {}, [place])).not.toEqual({})
  writeFileSync(join(place, 'some.ttf'), '')
  expect(fontSettings(folder, {}, [join(folder, 'share')])).toEqual({})
})
