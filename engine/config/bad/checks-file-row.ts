import { defineConfig, fromFile } from 'weir'

export default defineConfig({ checks: fromFile('checks-file-row.csv') })
