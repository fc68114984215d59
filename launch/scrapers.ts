/** `weir scrapers`: finds a Chromium for the scrapers and runs them in this process. */
import { findChromium } from './chromium.ts'
import { STATE } from './place.ts'

const chromium = await findChromium({ state: STATE, onInstall: (line) => process.stderr.write(`${line}\n`) })
process.env['WEIR_CHROMIUM'] = chromium.path
// The part itself, by its file: a program is started, not imported from.
await import(new URL('../scrapers/main.ts', import.meta.url).href)
