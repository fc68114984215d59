/** On a TV nothing scrolls: shows as many alerts as there is room for, and says how many more there are. */

/** `elsewhere` alerts are open but were not sent. */
export function fit(board: HTMLElement, list: HTMLElement, elsewhere: number): void {
  const more = document.getElementById('more')!
  const alerts = [...list.children] as HTMLElement[]
  const tell = (hidden: number): void => {
    const count = hidden + elsewhere
    more.textContent = count > 0 ? `and ${count} more` : ''
  }
  for (const alert of alerts) alert.hidden = false
  list.dataset['count'] = String(alerts.length)
  tell(0)
  if (getComputedStyle(board).overflowY !== 'hidden') return
  for (let shown = alerts.length; shown > 1 && board.scrollHeight > board.clientHeight;) {
    alerts[--shown]!.hidden = true
    tell(alerts.length - shown)
  }
}
