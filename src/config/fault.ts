/** One thing that is wrong with a configuration, where, and what would be right. */
export interface ConfigFault {
  readonly file: string
  /** 1-based; 0 where the fault is the file's as a whole. */
  readonly line: number
  readonly column: number
  /** `pools.edge.targets.sip1.port`; empty for the top level. */
  readonly path: string
  /** What was seen and what is allowed. Never holds a secret or a value from the environment. */
  readonly message: string
}

/** A place inside a configuration: keys and list indices from the top level. */
export type Path = readonly (string | number)[]

/** `file:line:column path: what was seen, what is allowed`. */
export function formatFault(fault: ConfigFault): string {
  const where = fault.line === 0 ? fault.file : `${fault.file}:${fault.line}:${fault.column}`
  return fault.path === '' ? `${where}: ${fault.message}` : `${where} ${fault.path}: ${fault.message}`
}

/** As in the file; faults of one place keep the order in which they were found. */
export function sortFaults(faults: readonly ConfigFault[]): ConfigFault[] {
  return [...faults].sort((a, b) => a.line - b.line || a.column - b.column)
}

/** `zones["voice.example.com"].answers[0].pool`: one spelling for one place, whatever the keys hold. */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (!/^[A-Za-z0-9_-]{1,80}$/.test(step)) text += `[${quote(step)}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

const QUOTE_MAX = 60

/** In double quotes, printable (control and format characters escaped), cut at 60 characters. */
export function quote(text: string): string {
  const cut = text.length > QUOTE_MAX ? `${text.slice(0, QUOTE_MAX)}…` : text
  // JSON escapes C0 controls only; C1, bidirectional and line-separator characters can still repaint a terminal.
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
