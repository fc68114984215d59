/** A parsed page with what healing asks of it again and again: its statements for machines, features of its elements. */
import type { Element } from 'domhandler'
import { type PageTree, parsePage } from './document.ts'
import { type Features, featuresOf } from './features.ts'
import { type Structured, structuredData } from './structured.ts'

export interface PageIndex {
  tree: PageTree
  structured: Structured
  features(element: Element): Features
}

export function indexPage(html: string): PageIndex {
  const tree = parsePage(html)
  const known = new Map<Element, Features>()
  return {
    tree,
    structured: structuredData(tree),
    features(element) {
      let features = known.get(element)
      if (!features) known.set(element, (features = featuresOf(element, tree.text(element), tree)))
      return features
    },
  }
}
