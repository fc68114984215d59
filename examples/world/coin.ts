/** The coins traded on the exchange, each against the euro. */

export const COINS = ['BTC-EUR', 'ETH-EUR', 'SOL-EUR', 'XRP-EUR', 'ADA-EUR', 'DOT-EUR'] as const
export type Coin = (typeof COINS)[number]

/** What one unit usually costs, and how much is usually traded in ten seconds. */
export const USUAL: Record<Coin, { price: number; volume: number }> = {
  'BTC-EUR': { price: 61_400, volume: 3.2 },
  'ETH-EUR': { price: 2_950, volume: 41 },
  'SOL-EUR': { price: 138, volume: 620 },
  'XRP-EUR': { price: 0.52, volume: 98_000 },
  'ADA-EUR': { price: 0.41, volume: 74_000 },
  'DOT-EUR': { price: 5.7, volume: 5_300 },
}
