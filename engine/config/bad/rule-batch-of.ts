import { atRisk, defineConfig } from 'weir'

export default defineConfig({ rules: [atRisk('close', { start: '06:00', deadline: '09:00' } as never)] })
