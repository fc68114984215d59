import { defineConfig } from 'weir'
import { rules } from './no-such-file.ts'

export default defineConfig({ rules })
