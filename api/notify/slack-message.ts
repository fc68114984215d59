/** An alert as the body of a Slack incoming webhook; text from sites can neither mention nor link anything. */
import { messageLines, type Notice } from './message.ts'

/**
 * Slack reads `<…>` as mentions and links and needs `&`, `<`, `>` as entities; `parse: none` and `mrkdwn: false`
 * turn off what it would make of bare words (@here, #channel, addresses, *bold*).
 */
export interface SlackMessage {
  text: string
  parse: 'none'
  mrkdwn: false
  link_names: false
  unfurl_links: false
  unfurl_media: false
}

/** Slack cuts longer texts; ours must end where we say. */
const MAX_TEXT = 3000

export function slackMessage(notice: Notice): SlackMessage {
  const lines = messageLines(notice).map(escapeSlack)
  let text = ''
  for (const line of lines) {
    // Whole lines only: a cut inside an entity would show as rubbish.
    if (text.length + line.length + 1 > MAX_TEXT) break
    text += text === '' ? line : `\n${line}`
  }
  return { text, parse: 'none', mrkdwn: false, link_names: false, unfurl_links: false, unfurl_media: false }
}

export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
