/** The evidence of an alert in full: the picture, or what the site answered, what is known beside it, and the page as text. */
import type { Evidence } from '../../../engine/index.ts'
import type { BoardAlert } from '../board.ts'
import { age } from './age.ts'
import { element, words, write } from './element.ts'

type Answer = Evidence & { links: { screenshot: string | null; html: string | null } }

/** Characters of an answer without a picture that are shown beside what is known of it. */
const EXCERPT = 6000

/** Opens the dialog of `root` for something of which evidence was kept; not all of that has a picture. */
export function proofDialog(root: Document): (about: Pick<BoardAlert, 'sentence' | 'proof'>) => void {
  const find = (id: string): HTMLElement => root.getElementById(id)!
  const dialog = find('proof') as HTMLDialogElement
  const picture = find('proof-picture') as HTMLImageElement
  const text = find('proof-text')
  // A click beside it closes it, as people expect of a picture.
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close())
  picture.addEventListener('load', () => (picture.hidden = false))
  picture.addEventListener('error', () => (picture.hidden = true))
  let asked = ''

  const show = async (proof: string): Promise<void> => {
    const response = await fetch(`/v1/evidence/${proof}`)
    const about = response.ok ? ((await response.json()) as Answer) : null
    if (proof !== asked) return
    find('proof-gone').hidden = about !== null || response.status !== 404
    if (about === null) return
    find('proof-facts').replaceChildren(...factsOf(about).flatMap(fact))
    const { screenshot, html } = about.links
    if (html === null) return
    const whole = about.kind === 'browser' ? 'The page as text' : 'The answer as text'
    find('proof-links').replaceChildren(link(html, whole))
    if (screenshot !== null) return
    const read = await beginning(html)
    if (proof !== asked) return
    text.textContent = read
    text.hidden = false
  }

  return ({ sentence, proof }) => {
    if (proof === null) return
    asked = proof
    write(find('proof-title'), sentence)
    picture.hidden = true
    picture.src = `/v1/evidence/${proof}/screenshot`
    text.hidden = true
    find('proof-gone').hidden = true
    find('proof-facts').replaceChildren()
    find('proof-links').replaceChildren()
    if (!dialog.open) dialog.showModal()
    // Without an answer the picture says what it says.
    show(proof).catch(() => undefined)
  }
}

/** Of a text that may be long. */
async function beginning(path: string): Promise<string> {
  const { ok, body } = await fetch(path)
  if (!ok || body === null) throw new Error(path)
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (text.length <= EXCERPT) {
    const { done, value } = await reader.read()
    if (done) return text
    text += value
  }
  void reader.cancel()
  return `${text.slice(0, EXCERPT)}…`
}

function factsOf(about: Answer): [string, string][] {
  const all: [string, string | null][] = [
    ['Outcome', `${about.outcome}, ${about.reason}`],
    ['Because', about.detail],
    ['Fields', about.fields.join(', ')],
    ['Seen', `${age(Date.now() - about.at)} ago`],
    ['Address', about.url],
    ['Title', about.title],
    ['Status', about.status === null ? null : String(about.status)],
    ['Scraper', `${about.scraper}, version ${about.version}`],
    ...Object.entries(about.headers),
  ]
  return all.flatMap(([name, value]): [string, string][] =>
    value === null || value === '' ? [] : [[name, value]],
  )
}

function fact([name, value]: [string, string]): HTMLElement[] {
  const text = words('')
  text.textContent = value
  return [element('dt', '', name), element('dd', '', text)]
}

function link(path: string, text: string): HTMLAnchorElement {
  const made = element('a', '', text)
  made.href = path
  made.target = '_blank'
  made.rel = 'noopener'
  return made
}
