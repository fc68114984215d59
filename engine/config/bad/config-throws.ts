import { defineConfig } from 'weir'

const missing: { rules: [] } | undefined = undefined
export default defineConfig({ rules: missing!.rules })
