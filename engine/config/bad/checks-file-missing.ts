import { defineConfig, fromFile } from 'weir'

export default defineConfig({ checks: fromFile('sites.csv') })
