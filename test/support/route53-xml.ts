/** The little XML that Route53's API needs: elements and text, no attributes to speak of. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/'

export function parseXml(source: string): XmlElement {
  const open: { name: string; text: string; children: XmlElement[] }[] = [
    { name: '', text: '', children: [] },
  ]
  for (const [, declaration, closing, name, empty, text] of source.matchAll(
    /(<\?[^>]*\?>)|<(\/?)([A-Za-z][\w:]*)(?:\s[^>]*?)?(\/?)>|([^<]+)/g,
  )) {
    const top = open.at(-1)
    if (declaration !== undefined || top === undefined) continue
    if (text !== undefined) top.text += unescapeXml(text)
    else if (closing === '/') {
      const done = open.pop()
      if (done?.name !== name) throw new Error(`XML: </${name}> closes nothing`)
      open.at(-1)?.children.push(done as XmlElement)
    } else {
      const element = { name: name ?? '', text: '', children: [] }
      if (empty === '/') top.children.push(element)
      else open.push(element)
    }
  }
  const root = open.length === 1 ? open[0]?.children[0] : undefined
  if (root === undefined) throw new Error('XML: no document')
  return root
}

export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((one) => one.name === name)
}

export function childText(element: XmlElement | undefined, name: string): string | undefined {
  return child(element, name)?.text
}

/** `{ A: { B: 'x' } }` to `<A><B>x</B></A>`; a list repeats its element; undefined is left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue }

export function writeXml(root: string, content: XmlValue): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${inner(content)}</${root}>`
}

function inner(value: XmlValue): string {
  if (value === undefined) return ''
  if (typeof value !== 'object') return escapeXml(String(value))
  if (Array.isArray(value)) return value.map(inner).join('')
  return Object.entries(value)
    .flatMap(([name, content]) => (Array.isArray(content) ? content : [content]).map((one) => [name, one]))
    .map(([name, content]) =>
      content === undefined ? '' : `<${name}>${inner(content as XmlValue)}</${name}>`,
    )
    .join('')
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    return ENTITIES[name] ?? whole
  })
}

function escapeXml(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (char) => `&${Object.entries(ENTITIES).find(([, one]) => one === char)?.[0]};`,
  )
}
