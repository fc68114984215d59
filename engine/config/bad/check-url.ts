import { defineConfig } from 'weir'

export default defineConfig({ checks: [{ name: 'shop', url: 'shop.example/' }] })
