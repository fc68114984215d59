import { defineConfig } from 'weir'

export default defineConfig({ checks: [{ name: 'shop', url: 'https://shop.example/', robots: 'ignore:' }] })
