/** One element: its text, or its children. Attributes are passed over. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

const DEPTH_MAX = 50
const ELEMENTS_MAX = 100_000
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * The root of an XML document such as the EC2 API answers with. Undefined for what is no such document: no doctype and so no entities
 * of its own, no CDATA, 50 levels and 100,000 elements at most.
 */
export function parseXml(source: string): XmlElement | undefined {
  const root: MutableElement = { name: '', text: '', children: [] }
  const open: MutableElement[] = [root]
  const token = /<(\?[^>]*\?|!--[\s\S]*?--|\/?[A-Za-z][\w.:-]*(?:\s[^<>]*)?\/?)>|([^<]+)/y
  let count = 0
  while (token.lastIndex < source.length) {
    const match = token.exec(source)
    const top = open.at(-1)
    if (match === null || top === undefined) return undefined
    const [, tag, text] = match
    if (text !== undefined) top.text += decode(text)
    else if (tag === undefined || tag.startsWith('?') || tag.startsWith('!')) continue
    else if (tag.startsWith('/')) {
      if (open.length < 2 || top.name !== tag.slice(1).trim()) return undefined
      open.pop()
    } else {
      const element: MutableElement = { name: /^[\w.:-]+/.exec(tag)?.[0] ?? '', text: '', children: [] }
      top.children.push(element)
      if (!tag.endsWith('/')) open.push(element)
      if (++count > ELEMENTS_MAX || open.length > DEPTH_MAX) return undefined
    }
  }
  return open.length === 1 && root.children.length === 1 ? root.children[0] : undefined
}

/** The elements at a path below `element`; a step that occurs several times branches. */
export function at(element: XmlElement, ...path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (found, name) => found.flatMap((one) => one.children.filter((child) => child.name === name)),
    [element],
  )
}

/** The text of the first element at a path; undefined where there is none, or it is empty. */
export function textAt(element: XmlElement, ...path: readonly string[]): string | undefined {
  return at(element, ...path)[0]?.text.trim() || undefined
}

interface MutableElement {
  name: string
  text: string
  children: MutableElement[]
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w{1,8}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
