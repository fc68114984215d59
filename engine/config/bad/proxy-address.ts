import { defineConfig, proxy } from 'weir'

const address: string = 'http://ann:secret@proxy.example:3128'

export default defineConfig({
  proxies: [proxy(address), proxy('PROXY_A', { name: 'direct' }), proxy('PROXY_B', { country: 'Germany' })],
})
