/**
 * What a metric knows of each group beside its panes, by group id: newest event time, log time of first sight, where
 * its newest matching event stands, and until when it was heard of. One row per group, since an event that touches one touches them all.
 */

const WIDTH = 6
const [LAST_AT, FIRST_SEEN, LAST_MS, LAST_SEQ, LAST_ROW, HEARD_AT] = [0, 1, 2, 3, 4, 5]

/** One fact of all groups; 0 where nothing was set. */
export interface GroupColumn {
  get(group: number): number
  set(group: number, value: number): void
}

export class GroupFacts {
  private cells = new Float64Array(64 * WIDTH)
  /** All of them, in the order of snapshots: new ones at the end. */
  readonly columns: readonly GroupColumn[] = Array.from({ length: WIDTH }, (_, fact) => ({
    get: (group) => this.cells[group * WIDTH + fact] ?? 0,
    set: (group, value) => {
      this.cells[this.row(group) + fact] = value
    },
  }))
  readonly lastAt = this.columns[LAST_AT]!
  readonly firstSeen = this.columns[FIRST_SEEN]!
  readonly lastMs = this.columns[LAST_MS]!
  readonly lastSeq = this.columns[LAST_SEQ]!
  readonly lastRow = this.columns[LAST_ROW]!
  /** Newest event time before the last boundary that was listened at (to 10 s), for noData. */
  readonly heardAt = this.columns[HEARD_AT]!

  /** One event at `at`, row `row` of the entry `ms`-`seq`; `matched`: whether it is one that a rule is about. */
  saw(group: number, at: number, matched: boolean, ms: number, seq: number, row: number): void {
    const to = this.row(group)
    const { cells } = this
    if (cells[to + FIRST_SEEN] === 0) cells[to + FIRST_SEEN] = ms
    if (at > cells[to + LAST_AT]!) cells[to + LAST_AT] = at
    if (!matched) return
    cells[to + LAST_MS] = ms
    cells[to + LAST_SEQ] = seq
    cells[to + LAST_ROW] = row
  }

  forget(group: number): void {
    const row = this.row(group)
    this.cells.fill(0, row, row + WIDTH)
  }

  /** Where the facts of a group start, with room for them. */
  private row(group: number): number {
    const row = group * WIDTH
    if (row >= this.cells.length) {
      const bigger = new Float64Array(WIDTH * 2 ** Math.ceil(Math.log2(group + 1)))
      bigger.set(this.cells)
      this.cells = bigger
    }
    return row
  }
}
