/** Where the project stands, and where Weir keeps what it makes there: Redis data, logs, an unpacked Chromium. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** `.weir` in the project, or the folder that WEIR_DIR names: two starts need two of them. */
export const STATE = resolve(process.env['WEIR_DIR'] || join(ROOT, '.weir'))
