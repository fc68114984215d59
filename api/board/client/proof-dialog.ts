/** The evidence of an alert in full: the picture, what is known beside it, and the page as text. */
import type { Evidence } from '../../../engine/index.ts'
import type { BoardAlert } from '../board.ts'
import { age } from './age.ts'
import { element, words, write } from './element.ts'

type Answer = Evidence & { links: { html: string | null } }

/** Opens the dialog of `root` for something of which evidence was kept; not all of that has a picture. */
export function proofDialog(root: Document): (about: Pick<BoardAlert, 'sentence' | 'proof'>) => void {
  const find = (id: string): HTMLElement => root.getElementById(id)!
  const dialog = find('proof') as HTMLDialogElement
  const picture = find('proof-picture') as HTMLImageElement
  // A click beside it closes it, as people expect of a picture.
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close())
  picture.addEventListener('error', () => (picture.hidden = true))
  let asked = ''

  const facts = (about: Answer | null): void => {
    find('proof-facts').replaceChildren(...(about === null ? [] : factsOf(about).flatMap(fact)))
    const html = about?.links.html ?? null
    find('proof-links').replaceChildren(...(html === null ? [] : [link(html, 'The page as text')]))
  }

  return ({ sentence, proof }) => {
    if (proof === null) return
    asked = proof
    write(find('proof-title'), sentence)
    picture.hidden = false
    picture.src = `/v1/evidence/${proof}/screenshot`
    facts(null)
    if (!dialog.open) dialog.showModal()
    const answer = fetch(`/v1/evidence/${proof}`).then((response) => (response.ok ? response.json() : null))
    // Without an answer the picture says what it says.
    void answer.then((about: Answer | null) => proof === asked && facts(about)).catch(() => undefined)
  }
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
