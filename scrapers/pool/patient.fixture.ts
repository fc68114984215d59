/** Limits for what must come to its end, however busy the machine is that runs the tests, ms. */

/** Of a pool. */
export const PATIENT = { patience: 60_000, launchTimeout: 60_000, stepTimeout: 60_000 }
/** Of one job. */
export const LIMITS = { deadline: 60_000, patience: 60_000 }
