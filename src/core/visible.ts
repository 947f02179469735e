/**
 * What a terminal acts on (C0, DEL, and C1, which is CSI in one octet), what ends a line for some readers, and what turns the direction of
 * the text around it: any of it can make a line look like another. Tab and line feed are told apart below.
 */
const ACTS = /[^\t\n\P{Cc}]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** The same without C0: those never stand in JSON text but as line ends behind it. */
const ACTS_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Text for a terminal: every line and tab stays, nothing else that it would act on. Other scripts stay readable. */
export function visible(text: string): string {
  return text.replace(ACTS, escaped)
}

/** As `visible`, in one line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

/** JSON text that says the same and has nothing in it that a terminal acts on. */
export function visibleJson(json: string): string {
  return json.replace(ACTS_IN_JSON, escaped)
}
