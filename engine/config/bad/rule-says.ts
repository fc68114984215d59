import { defineConfig, noData, stream, t } from 'weir'

const ships = stream('ships', { key: 'port', schema: { port: t.String(), cargo: t.Number() } })
const cargo = ships.metric('cargo', {
  by: ['port'],
  of: 'cargo',
  stats: ['mean'],
  windows: ['5m', '1h'],
})

export default defineConfig({ rules: [noData(cargo, { for: '10m', says: '{prot} sends nothing' })] })
