import { defineConfig } from 'weir'

export default defineConfig({ scraper: './scrapers/*.ts' })
