/**
 * Every Redis key of Weir, in one place. All keys of one partition share one hash tag, so that one script
 * can move them together; the `{weir}` slot holds what belongs to no partition.
 */

export interface PartitionKeys {
  /** Stream of entries: events as flat fields, batches in columns, ticks, control markers. */
  log: string
  /** Hash: owner, exp, epoch, cid (commit id), off (position), n (entries read), round, small state. */
  meta: string
  /** Hash of snapshot blocks, field `<block>@<round>`, and `manifest@<round>`. */
  snapshot: string
  /** Hash of closed samples waiting to be drained into series, field = running number. */
  pend: string
  /** Hash of latest values, one columnar blob per metric, window and block of groups. */
  view: string
  /** Stream: which view blocks changed, once per commit that changed any. */
  live: string
  /** Stream of entries on their way to another slot, id = running number. */
  outbox: string
  /** Streams of events refused for lateness, and of events that could not be read. Bounded; counters are exact. */
  late: string
  dead: string
  /** Hash: how many rows of `dead` and `late` people have replayed and dropped. */
  ledger: string
  /** Hash: producer id -> last sequence number that a snapshot of this partition holds. */
  acks: string
  /** Hash: what became of the rows per producer and minute, field `<minute> <producer>`. */
  accounts: string
  /** Prefix of this partition's series keys. */
  series: string
}

export function partitionKeys(namespace: string, stream: string, partition: number): PartitionKeys {
  const tag = `${namespace}:{${stream}.${partition}}`
  return {
    log: `${tag}:log`,
    meta: `${tag}:meta`,
    snapshot: `${tag}:snapshot`,
    pend: `${tag}:pend`,
    view: `${tag}:view`,
    live: `${tag}:live`,
    outbox: `${tag}:outbox`,
    late: `${tag}:late`,
    dead: `${tag}:dead`,
    ledger: `${tag}:ledger`,
    acks: `${tag}:acks`,
    accounts: `${tag}:accounts`,
    series: `${tag}:s:`,
  }
}

export interface SharedKeys {
  /** Stream: the control log. */
  control: string
  /** Sorted set: worker -> its last heartbeat. */
  workers: string
  /** Hash: stream name -> partitions, fixed at creation. */
  partitions: string
  /** Hash: the newest refused config change, for the board. */
  problem: string
  /** Hash: what an auditor found who counts apart from the engine. */
  audit: string
  /** Hash: what `ingest` knows of files it has sent. */
  ingest: string
  /** Prefix of redis-om records. */
  record: string
}

export function sharedKeys(namespace: string): SharedKeys {
  const tag = `${namespace}:{weir}`
  return {
    control: `${tag}:control`,
    workers: `${tag}:workers`,
    partitions: `${tag}:partitions`,
    problem: `${tag}:problem`,
    audit: `${tag}:audit`,
    ingest: `${tag}:ingest`,
    record: `${tag}:record`,
  }
}

export interface NotifyKeys {
  /** Hash: what became of each notification, by `<alert> <event> <channel>`. */
  ledger: string
  /** Hash: per channel, the cursor in the alerts up to which its notifications are settled. */
  cursors: string
  /** String with expiry: the process that notifies. */
  lease: string
}

/** In the slot of the alerts, so that a notification can be written beside them. */
export function notifyKeys(namespace: string): NotifyKeys {
  const tag = `${namespace}:{alerts.0}`
  return { ledger: `${tag}:notified`, cursors: `${tag}:notified-to`, lease: `${tag}:notifier` }
}

export interface SiteKeys {
  /** Hash: the turn booked last, holds, the circuit breaker, blocks, visits of the last hour. */
  gate: string
  /** Sorted set: visit that is booked or under way -> when it counts as dead, ms. */
  leases: string
  /** Hash: proxy -> until when it is not used for this site, ms. */
  exits: string
  /** Stream: each time it has turned us away. */
  blocks: string
}

/** What all processes share about one site that is visited; a slot of its own, so that sites spread over a cluster. */
export function siteKeys(namespace: string, site: string): SiteKeys {
  const tag = `${namespace}:{site ${site}}`
  return { gate: `${tag}:gate`, leases: `${tag}:leases`, exits: `${tag}:exits`, blocks: `${tag}:blocks` }
}

/** Hash: what the robots.txt of an origin said, and who is asking for it. */
export function robotsKey(namespace: string, origin: string): string {
  return `${namespace}:{robots ${origin}}`
}

export interface ExitKeys {
  /** Sorted set: site that a proxy failed at lately -> when, ms. */
  failures: string
  /** Hash: until when it is left alone for all sites, and how often it was. */
  state: string
}

/** What all processes share about one proxy. */
export function exitKeys(namespace: string, exit: string): ExitKeys {
  const tag = `${namespace}:{exit ${exit}}`
  return { failures: `${tag}:failures`, state: `${tag}:state` }
}

export interface BlockKeys {
  /** Sorted set: the sites that have turned us away, by the server time of the last time. */
  sites: string
  /** Sorted set: site -> the longest that it may be left alone, ms since 1970. */
  holds: string
  /** Hash: site -> by whom and when its holds were lifted last (JSON). */
  lifted: string
}

export function blockKeys(namespace: string): BlockKeys {
  const tag = `${namespace}:{blocks}`
  return { sites: `${tag}:sites`, holds: `${tag}:holds`, lifted: `${tag}:lifted` }
}

export interface EvidenceKeys {
  /** Hash of what was kept of failures: fields `<id>.about`, `<id>.screenshot`, `<id>.html`. */
  items: string
  /** Sorted set: id by the server time at which it was kept. */
  ages: string
  /** Hash: id -> bytes, and `total`. */
  sizes: string
  /** Hash of one day: how much of each fingerprint and scraper was kept. */
  shares: string
}

export function evidenceKeys(namespace: string): EvidenceKeys {
  const tag = `${namespace}:{evidence}`
  return { items: `${tag}:items`, ages: `${tag}:ages`, sizes: `${tag}:sizes`, shares: `${tag}:shares` }
}

/** Stream: the newest answers of one collector's API; a slot of its own. */
export function answerKeys(namespace: string, scraper: string): { log: string } {
  return { log: `${namespace}:{answers ${scraper}}:log` }
}

/** What scraper processes and the API share. */
export interface FleetKeys {
  /** Hashes by scraper: its catalog entry (JSON), and `version, since, timing`. */
  catalog: string
  versions: string
  /** Hash by scraper: the versions that were loaded, newest first, lines of `version, when`. */
  history: string
  /** Sorted set: deploys that people told us of (JSON), by their time. */
  marks: string
  /** Sorted sets of scrapers by next due time: those that need a browser, and the others. */
  dueBrowser: string
  dueHttp: string
  /** Hashes by scraper: who runs it and since when, what a dead process left, who paused it, who wants a run, the last start. */
  running: string
  retries: string
  paused: string
  asked: string
  last: string
  /** Hash: scrapers that came due at a process that does not know them. */
  strays: string
  /** Sorted set of scraper processes by the end of their lease, and a hash of what they say about themselves. */
  workers: string
  processes: string
  /** Server time of the newest turn, ms. */
  clock: string
  /** Sorted set: scrapers with proposals by the time of the newest. */
  proposing: string
  /** Prefix of a hash per scraper: `p:<id>` what was proposed, `d:<id>` what was decided. */
  healing: string
  /** Prefix of a text per scraper: what good runs taught. */
  lessons: string
}

export function fleetKeys(namespace: string): FleetKeys {
  const tag = `${namespace}:{fleet}`
  return {
    catalog: `${tag}:catalog`,
    versions: `${tag}:versions`,
    history: `${tag}:history`,
    marks: `${tag}:marks`,
    dueBrowser: `${tag}:due:browser`,
    dueHttp: `${tag}:due:http`,
    running: `${tag}:running`,
    retries: `${tag}:retries`,
    paused: `${tag}:paused`,
    asked: `${tag}:asked`,
    last: `${tag}:last`,
    strays: `${tag}:strays`,
    workers: `${tag}:workers`,
    processes: `${tag}:processes`,
    clock: `${tag}:clock`,
    proposing: `${tag}:proposing`,
    healing: `${tag}:healing:`,
    lessons: `${tag}:lessons:`,
  }
}
