import { atRisk, defineConfig } from 'weir'

export default defineConfig({
  rules: [atRisk('close', { fleet: 'banks', start: '06:00', deadline: '09:00', timeZone: 'Europe/Berln' })],
})
