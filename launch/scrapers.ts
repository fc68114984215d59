/** `weir scrapers`: finds a Chromium for the scrapers and runs them in this process. */
import { fileURLToPath } from 'node:url'
import { findChromium } from './chromium.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const chromium = await findChromium({ root, onInstall: (line) => process.stderr.write(`${line}\n`) })
process.env['WEIR_CHROMIUM'] = chromium.path
// The part itself, by its file: a program is started, not imported from.
await import(new URL('../scrapers/main.ts', import.meta.url).href)
