/** An alert as the body of a generic webhook: version 1, fields are only ever added. */
import { messageLines, noticeKey, type Notice } from './message.ts'

export interface WebhookMessage {
  version: 1
  /** The same for a message that is sent again: receivers drop what they have. */
  key: string
  event: Notice['event']
  /** Plain text; what comes from sites in it is not escaped for any markup. */
  text: string
  alert: Record<string, unknown>
}

export function webhookMessage(notice: Notice, channel: string): WebhookMessage {
  const { id, rule, kind, severity, state, metric, stat, unit, stream, group } = notice.alert
  const { since, firedAt, resolvedAt, value, normal, window, sentence, cause, spark } = notice.alert
  const what = { id, rule, kind, severity, state, metric, stat, unit, stream, group }
  const when = { since, firedAt, resolvedAt, value, normal, window, sentence, cause, spark }
  const text = messageLines(notice).join('\n')
  return {
    version: 1,
    key: noticeKey(notice, channel),
    event: notice.event,
    text,
    alert: { ...what, ...when, ...(notice.origin && { origin: notice.origin }) },
  }
}
