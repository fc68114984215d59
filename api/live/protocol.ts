/**
 * The WebSocket protocol of `WS /v1/live`: JSON text messages. Values come as a snapshot on each subscribe and
 * then the newest per key (a slow screen skips, it is never cut off); alerts resume by cursor.
 */
import type { Alert, AlertChange, Health, KpiRow } from '../../engine/index.ts'
import type { BoardState } from '../board/board.ts'

export type ClientMessage =
  | { type: 'subscribe'; topic: 'board' | 'health' }
  | { type: 'subscribe'; topic: 'kpis'; metric: string; window?: string; group?: Record<string, string> }
  | { type: 'subscribe'; topic: 'alerts'; cursor?: string }
  | { type: 'unsubscribe'; topic: 'board' | 'health' | 'alerts' }
  | { type: 'unsubscribe'; topic: 'kpis'; metric: string; window?: string }
  | { type: 'ping' }

export type ServerMessage =
  | { type: 'hello'; now: number; config: string | null }
  | { type: 'board'; board: BoardState }
  | { type: 'health'; health: Health }
  | { type: 'kpis'; metric: string; window: string; snapshot: boolean; rows: KpiRow[] }
  /** Snapshot: all open alerts and the cursor to resume from. */
  | { type: 'alerts'; snapshot: true; cursor: string; alerts: Alert[] }
  | { type: 'alerts'; snapshot: false; cursor: string; changes: AlertChange[] }
  | { type: 'pong'; now: number }
  | { type: 'error'; message: string }
