/** The public surface of the engine: what configs, scrapers, the API and users' own programs may use. */
export type { AccountsAnswer, AccountsQuery, AccountsRow } from './accounting/redis-accounts.ts'
export type { Totals } from './accounting/account.ts'
export type { AccountingEvent } from './accounting/event.ts'
export type { Alert, AlertChange, AlertState, Verdict } from './alert/alert.ts'
export { exitCode, PROCESS, usage, type CommandWorld } from './command/command.ts'
export { redisUrlOf } from './command/ingest-target.ts'
export { printable, printableJson } from './command/printable.ts'
export { run as checkConfig, type LookIntoFiles, type ScraperFileReport } from './command/check.ts'
export * from './config/authoring.ts'
export type * from './config/compiled.ts'
export { RUNGS } from './config/compiled.ts'
export { formatDuration, parseDuration } from './config/duration.ts'
export { matchFiles } from './config/glob.ts'
export { suggest } from './config/nearest.ts'
export { FIELDS_BY_STATE, isUndeclared, UNSEEN_RUNS } from './config/built-in-metric.ts'
export { declared } from './config/merged-stream.ts'
export { loadConfig, loadConfigWithFiles, type LoadedConfig } from './config/load.ts'
export { ConfigError } from './config/mistake.ts'
export { readAudit, reportAudit, type Audit } from './control/audit.ts'
export type { ControlEntry } from './control/control-entry.ts'
export { appendConfig, newestConfig, newestControl, readControl } from './control/control-log.ts'
export { readProblem, reportProblem, type Problem } from './control/problem.ts'
export { ERROR_CODES, WeirError, type ErrorCode } from './error.ts'
export { readLines, type Line } from './event/lines.ts'
export type { Producer, ProducerOptions, Sent } from './event/producer.ts'
export { compileValidator, type Validate } from './event/validate.ts'
export { openProducer, type ProducerTarget } from './event/redis-producer.ts'
export { streamFields, type StreamFields } from './event/stream-fields.ts'
export { EVERYTHING, MAX_MARKS, type Deploys, type History, type Load, type Mark } from './fleet/mark.ts'
export { originOf, scrapersOf, type Origin } from './fleet/origin.ts'
export {
  coverageOf,
  sharesOf,
  type CoverageRow,
  type Shares,
  type StateCount,
  type UnseenCount,
} from './fleet/coverage.ts'
export { openRuns } from './fleet/redis-runs.ts'
export type { RunLog, RunPage, RunQuery } from './fleet/run-query.ts'
export { RecentRuns, type RecentRun } from './fleet/recent-runs.ts'
export { openRecentRuns, type RecentLog } from './fleet/redis-recent-runs.ts'
export { openDeploys } from './fleet/redis-deploys.ts'
export { FIELD_STATES, VALUE_TYPES, type FieldEvent, type FieldState, type ValueType } from './event/field.ts'
export { OUTCOMES, RIGHT, SKIP_REASONS, type Outcome, type RunEvent } from './event/run.ts'
export {
  EVIDENCE_LIMITS,
  isEvidenceId,
  MAX_HTML,
  MAX_SCREENSHOT,
  type Evidence,
  type EvidenceAbout,
  type EvidenceQuery,
  type EvidenceStore,
  type Exhibit,
  type Kept,
} from './fleet/evidence.ts'
export {
  BLOCK_LIMITS,
  encodeBlock,
  type Block,
  type BlockAbout,
  type BlockLedger,
  type BlockPage,
  type BlockQuery,
} from './fleet/block.ts'
export type { AnswerStore, KeptAnswer, RawAnswer } from './fleet/answer.ts'
export { ANSWER_LIMITS } from './fleet/answer.ts'
export { openAnswers } from './fleet/redis-answer.ts'
export { MAX_HOLDS, type Hold, type Holds, type Lifted } from './fleet/hold.ts'
export { openHolds } from './fleet/redis-hold.ts'
export { fingerprintOf, type Failure } from './fleet/fingerprint.ts'
export { noteSite, openBlocks } from './fleet/redis-block.ts'
export { openEvidence } from './fleet/redis-evidence.ts'
export type { CatalogEntry, CatalogField, Catalogued } from './fleet/catalog.ts'
export { openSchedule, type FleetSchedule, type FleetScraper } from './fleet/redis-schedule.ts'
export { openHealMemory } from './fleet/redis-heal-memory.ts'
export { openProposals } from './fleet/redis-proposals.ts'
export { openTurns } from './fleet/redis-turns.ts'
export {
  laneOf,
  type Claim,
  type Ended,
  type FleetWorker,
  type Lane,
  type Missed,
  type Owed,
  type Pause,
  type Pressure,
  type ScheduleState,
  type Settled,
} from './fleet/schedule.ts'
export type {
  Decision,
  HealMemory,
  How,
  Observed,
  Proposal,
  ProposalBook,
  ProposalQuery,
  ProposalState,
  Recalled,
} from './fleet/proposal.ts'
export { MAX_LESSONS, PROPOSAL_STATES, proposalId } from './fleet/proposal.ts'
export type { Registration, TurnReply, TurnRequest, Turns } from './fleet/turns.ts'
export type { Ledger, LetterPage, LetterQuery, Replayed } from './ledger/ledger.ts'
export type { Letter, LetterKind } from './ledger/letter.ts'
export { openLedger } from './ledger/redis-ledger.ts'
export { catchUp, project } from './record/project.ts'
export { openRecords, type ConfigVersion, type Records } from './record/record.ts'
export { simulate, type SimulateOptions } from './replay/simulate.ts'
export type { SimulatedEvent, Time } from './replay/simulated-events.ts'
export type { Accounting, LostEvent, Simulation } from './replay/simulated-world.ts'
export { guardedLookup, type Resolve } from './outbound/guarded-lookup.ts'
export { isPublic } from './outbound/public-address.ts'
export { bareHost, isLoopback, PrivateTarget, type Reach, refuseLiteral } from './outbound/reach.ts'
export type { BatchReport } from './rule/batch-state.ts'
export { connect, reach } from './stream/connection.ts'
export { hostOf } from './stream/redis-url.ts'
export { notifyKeys, exitKeys, robotsKey, siteKeys, type NotifyKeys, type SiteKeys } from './stream/keys.ts'
export { openReader } from './view/redis-reader.ts'
export type {
  Change,
  Health,
  KpiAnswer,
  KpiRow,
  Reader,
  SeriesAnswer,
  SeriesQuery,
  StreamAccounting,
} from './view/reader.ts'
