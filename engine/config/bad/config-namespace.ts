import { defineConfig } from 'weir'

export default defineConfig({ namespace: 'Team A' })
