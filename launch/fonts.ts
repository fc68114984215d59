/**
 * Fonts for a machine that has none: without any, text has no size, so Chromium takes all of it for invisible and
 * scrapers miss what stands there. The npm package of Chromium brings one.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const PLACES = [
  '/usr/share/fonts',
  '/usr/local/share/fonts',
  join(homedir(), '.fonts'),
  join(homedir(), '.local/share/fonts'),
]

/**
 * Variables that make Chromium find the fonts in `folder`; none where the machine has fonts of its own, or its
 * user has configured them. `places`: where to look.
 */
export function fontSettings(
  folder: string,
  env: NodeJS.ProcessEnv,
  places: readonly string[] = PLACES,
): Record<string, string> {
  if (env['FONTCONFIG_FILE'] || env['FONTCONFIG_PATH'] || places.some(hasFonts)) return {}
  const cache = join(folder, 'cache')
  mkdirSync(cache, { recursive: true })
  const file = join(folder, 'weir-fonts.conf')
  const text = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${escape(folder)}</dir><cachedir>${escape(cache)}</cachedir></fontconfig>
`
  writeFileSync(file, text)
  return { FONTCONFIG_FILE: file }
}

function hasFonts(place: string): boolean {
  if (!existsSync(place)) return false
  return readdirSync(place, { recursive: true }).some((name) => /\.(ttf|otf|ttc|pfb)$/i.test(String(name)))
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
