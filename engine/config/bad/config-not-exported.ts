import { defineConfig } from 'weir'

export const config = defineConfig({ rules: [] })
