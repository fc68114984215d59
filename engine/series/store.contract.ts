/** What every series store must do, whatever it keeps its points in. */
import type { Redis } from 'ioredis'
import { expiryContract } from './expiry.contract.ts'
import { groupsContract } from './groups.contract.ts'
import { pointsContract } from './points.contract.ts'
import { sliceContract } from './slice.contract.ts'
import { contractSubject } from './store.fixture.ts'
import type { SeriesStore } from './store.ts'

/** `open` yields the store; it is asked once per test. */
export function storeContract(open: () => Promise<{ redis: Redis; store: SeriesStore }>): void {
  const subject = async () => {
    const { redis, store } = await open()
    return contractSubject(redis, store)
  }
  pointsContract(subject)
  sliceContract(subject)
  expiryContract(subject)
  groupsContract(subject)
}
