/** The entries of one partition as evidence finds them, in memory. Pure. */
import { comparePlaces, LOOK_BACK, type Look, type Place, placeOf } from '../alert/evidence.ts'
import type { Entry } from '../event/entry.ts'

export class MemoryLog {
  /** Entries with events, oldest first. */
  private readonly entries: { place: Place; entry: Entry }[] = []

  add(entry: Entry): void {
    if (entry.kind !== 'batch' && entry.kind !== 'flat') return
    this.entries.push({ place: placeOf(entry.id), entry })
  }

  /** Newest first: those named, and those up to the newest named. */
  evidence({ named }: Look): Entry[] {
    const end = this.after(named[0]!)
    const recent = this.entries.slice(Math.max(0, end - LOOK_BACK), end)
    const older = named.flatMap((place) => {
      const at = this.after(place) - 1
      return at >= end - LOOK_BACK ? [] : (this.entries[at] ?? [])
    })
    return [...recent.reverse(), ...older].map(({ entry }) => entry)
  }

  /** Number of entries up to and including `place`. */
  private after(place: Place): number {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (comparePlaces(this.entries[middle]!.place, place) >= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
