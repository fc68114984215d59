/**
 * What runs inside a page that is about to be thrown away: takes what is secret or personal out of the live
 * document, so that the picture of it and its markup show the same. Self-contained, as only its source travels.
 */

export interface RedactQuestion {
  /** Elements whose text and values nobody may see; `attr`: the attribute that is read of them. */
  hide: { selector: string; attr?: string | undefined }[]
  /**
   * `mask`: for people to look at; everything that looks personal goes. `keep`: to be read again by the same readers;
   * only hidden elements go, and each of their characters leaves its kind (`x`, `1`) behind.
   */
  mode: 'mask' | 'keep'
}

export interface Redacted {
  title: string
  html: string
  /** The page is longer than what is here. */
  cut: boolean
}

/** Redacts the document it runs in. `maskText` and `maskParameters` are the functions of these names. */
export function redactPage(
  question: RedactQuestion,
  maskText: (text: string) => string,
  maskParameters: (address: string) => string,
): Redacted {
  const MAX_HTML = 2_000_000
  const MAX_NODES = 60_000
  const MAX_JOINED = 160
  const GONE = '\u2588\u2588\u2588'
  const masking = question.mode === 'mask'
  const SECRET = /passw|pwd|secret|token|csrf|xsrf|nonce|auth(?!or)|session|api[-_]?key|credential|signature/i
  const INLINE = /^(A|ABBR|B|BDI|BDO|CODE|EM|FONT|I|MARK|S|SMALL|SPAN|STRONG|SUB|SUP|U|WBR)$/
  const PICTURE = /^(IMG|SOURCE|VIDEO|LINK|IMAGE|USE|INPUT|BODY|TABLE|TD|TH)$/
  const UNSHOWN = /^(SCRIPT|STYLE|TEMPLATE|NOSCRIPT|LINK|META)$/
  const MARKUP = /^(class|id|style|d|points|transform|viewbox|integrity|srcset|sizes|for|rel|type|lang|dir)$/i
  const ADDRESS = /^(href|src|action|formaction|poster|data-src|data-href|data-url|cite|background)$/i

  const shape = (text: string) => text.replace(/\p{N}/gu, '1').replace(/\p{L}/gu, 'x')
  const hidden = (text: string) => (text.trim() === '' ? text : masking ? GONE : shape(text))
  /** What stood in hidden elements, wherever else it stands. */
  const known: string[] = []
  const unknown = (text: string, least = 4) => {
    let result = text
    if (text.length >= least)
      for (const value of known) if (value.length >= least) result = result.replaceAll(value, hidden(value))
    return result
  }
  /** Names of classes are often short words, which say nothing. */
  const LEAST_NAME = 6
  const masked = (text: string) => {
    const result = unknown(text)
    return masking && result.length > 5 ? maskText(result) : result
  }

  const page = document.documentElement
  if (page === null) return { title: '', html: '', cut: false }
  /** The document and all open shadow roots in it. */
  const roots: (Element | ShadowRoot)[] = [page]
  const elements: Element[] = []
  for (const root of roots) {
    for (const element of root.querySelectorAll('*')) {
      // More than can be looked through: better nothing than something unseen.
      if (elements.push(element) > MAX_NODES) throw new Error('too many elements')
      if (element.shadowRoot instanceof ShadowRoot) roots.push(element.shadowRoot)
    }
  }

  const textsOf = (element: Element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_COMMENT)
    const nodes: CharacterData[] = []
    while (nodes.length < MAX_NODES && walker.nextNode()) nodes.push(walker.currentNode as CharacterData)
    return nodes
  }
  const know = (text: string) => {
    const whole = text.trim()
    if (whole.length <= 3 || whole.length >= 200 || known.length >= 200) return
    // Half a sign cannot be encoded.
    const sound = whole.replace(/\p{Surrogate}/gu, '')
    const encoded = [encodeURIComponent(sound), encodeURI(sound)]
    for (const form of [whole, ...encoded, ...encoded.map((each) => each.replaceAll('%20', '+'))])
      if (!known.includes(form)) known.push(form)
  }
  const hide = (element: Element, attr = '') => {
    know(element.textContent ?? '')
    know(element.getAttribute(attr) ?? '')
    for (const node of textsOf(element)) node.data = hidden(node.data)
    for (const each of [element, ...element.querySelectorAll('*')]) {
      for (const { name, value } of Array.from(each.attributes))
        if ((!MARKUP.test(name) && name !== 'name') || (each === element && name === attr.toLowerCase()))
          each.setAttribute(name, hidden(value))
      if ('value' in each && typeof each.value === 'string') each.value = hidden(each.value)
    }
  }
  for (const { selector, attr } of question.hide) {
    for (const root of roots) {
      try {
        for (const element of root.querySelectorAll(selector)) hide(element, attr)
      } catch {
        // The reader's own evidence says that this is no selector.
      }
    }
  }
  // One may be a part of another, of which the rest would stay.
  known.sort((a, b) => b.length - a.length)

  const maskAttributes = (element: Element) => {
    const meta = element.tagName === 'META' && SECRET.test(element.getAttribute('name') ?? '')
    for (const { name, value } of Array.from(element.attributes)) {
      if (/^on|^srcdoc$/i.test(name)) element.removeAttribute(name)
      else if (SECRET.test(name) || (meta && name === 'content')) element.setAttribute(name, '[secret]')
      else if (ADDRESS.test(name)) {
        const address = maskParameters(value).replace(/^\s*javascript:.*/is, '#')
        // What the picture is made of must still be found.
        const free = PICTURE.test(element.tagName.toUpperCase()) && !/^(mailto|tel|sms|data):/i.test(address)
        element.setAttribute(name, free ? unknown(address) : masked(address))
      } else {
        const result = MARKUP.test(name) ? unknown(value, LEAST_NAME) : masked(value)
        if (result !== value) element.setAttribute(name, result)
      }
    }
  }
  const maskInput = (element: Element) => {
    const type = (element.getAttribute('type') ?? '').toLowerCase()
    if (/^(button|submit|reset|checkbox|radio|image|range|color)$/.test(type)) return
    const secret = type === 'password' || SECRET.test(element.getAttribute('name') ?? '')
    // What a form holds is for nobody's eyes, but a reader may want it again.
    if (!masking && !secret) return
    element.removeAttribute('value')
    if ('value' in element) element.value = ''
    if (element.tagName === 'TEXTAREA') element.textContent = ''
  }
  const frame = (element: Element) => {
    const { width, height } = element.getBoundingClientRect()
    const source = element.getAttribute('src') ?? element.getAttribute('data') ?? ''
    const host =
      source !== '' && URL.canParse(source, location.href) ? new URL(source, location.href).host : ''
    const stand = document.createElement('span')
    stand.textContent = `[frame of ${host || 'this page'}]`
    const size = `width:${Math.round(width)}px;height:${Math.round(height)}px;max-width:100%`
    stand.setAttribute(
      'style',
      `display:inline-block;border:1px dashed #888;color:#666;overflow:hidden;${size}`,
    )
    element.replaceWith(stand)
  }
  const script = (element: Element) => {
    const text = element.textContent ?? ''
    const data = /^application\/ld\+json/i.test(element.getAttribute('type') ?? '')
    const rest = data ? masked(text) : text === '' ? '' : `/* ${text.length} characters of script */`
    // As a node: pages with trusted types refuse text for scripts.
    element.replaceChildren(document.createTextNode(rest))
    if (data) return
    const source = element.getAttribute('src')
    if (source !== null) element.setAttribute('data-src', maskParameters(source))
    element.removeAttribute('src')
    element.setAttribute('type', 'text/plain')
  }
  /** A number may be spread over inline elements: looked at as a whole, where it is short. */
  const maskJoined = (element: Element) => {
    if (element.childElementCount === 0 || element.childElementCount > 20) return
    if (![...element.children].every((each) => INLINE.test(each.tagName))) return
    const whole = element.textContent ?? ''
    if (whole.length < 6 || whole.length > MAX_JOINED) return
    if (![...element.querySelectorAll('*')].every((each) => INLINE.test(each.tagName))) return
    const result = masked(whole)
    const nodes = textsOf(element).filter((node) => node.nodeType === Node.TEXT_NODE)
    if (result === nodes.map((node) => masked(node.data)).join('')) return
    for (const [i, node] of nodes.entries()) node.data = i === 0 ? result : ''
  }

  /** Without its style sheets a page shows what they hide, and readers read what is shown. */
  const keepStyles = () => {
    const shown = elements.filter(
      (each) => each instanceof HTMLElement && !UNSHOWN.test(each.tagName) && each.closest('head') === null,
    )
    const styles = shown.map((each) => {
      const { display, visibility, textTransform } = getComputedStyle(each)
      return { display, visibility, textTransform }
    })
    for (const [i, { display, visibility, textTransform }] of styles.entries()) {
      const { style } = shown[i] as HTMLElement
      if (display === 'none') style.setProperty('display', 'none', 'important')
      if (visibility === 'hidden') style.setProperty('visibility', 'hidden', 'important')
      if (textTransform !== 'none') style.setProperty('text-transform', textTransform)
    }
  }
  if (!masking) keepStyles()
  for (const element of elements) {
    const tag = element.tagName.toUpperCase()
    if (tag === 'SCRIPT') script(element)
    else if (element instanceof HTMLTemplateElement) element.content.replaceChildren()
    else if (masking && /^(IFRAME|FRAME|OBJECT|EMBED|PORTAL|FENCEDFRAME)$/.test(tag)) frame(element)
    else if (tag === 'INPUT' || tag === 'TEXTAREA') maskInput(element)
    else if (masking) maskJoined(element)
    maskAttributes(element)
  }
  for (const root of roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_COMMENT)
    const comments: CharacterData[] = []
    while (walker.nextNode()) {
      const node = walker.currentNode as CharacterData
      if (node.nodeType === Node.COMMENT_NODE) comments.push(node)
      else if (!/^(STYLE|SCRIPT)$/i.test(node.parentElement?.tagName ?? '')) {
        const result = masked(node.data)
        if (result !== node.data) node.data = result
      }
    }
    for (const comment of comments) comment.remove()
  }

  /** Addresses that the picture needs. In a document that loads nothing. */
  const maskPictures = (copy: Element) => {
    for (const element of copy.querySelectorAll('img, source, video, link, image, use, input, [background]'))
      for (const { name, value } of Array.from(element.attributes))
        if (ADDRESS.test(name) || name === 'srcset') element.setAttribute(name, masked(value))
    return copy
  }
  const html = masking
    ? maskPictures(document.implementation.createHTMLDocument('').importNode(page, true)).outerHTML
    : page.outerHTML
  return { title: document.title.slice(0, 300), html: html.slice(0, MAX_HTML), cut: html.length > MAX_HTML }
}
