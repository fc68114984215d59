/** The public surface of the engine: what configs, scrapers, the API and users' own programs may use. */
export type { Alert, AlertChange, AlertState, Verdict } from './alert/alert.ts'
export type * from './config/compiled.ts'
export { RUNGS } from './config/compiled.ts'
export { ERROR_CODES, WeirError, type ErrorCode } from './error.ts'
export type { Producer, ProducerOptions, Sent } from './event/producer.ts'
export { OUTCOMES, RIGHT, type Outcome, type RunEvent } from './event/run.ts'
export { connect } from './stream/connection.ts'
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
