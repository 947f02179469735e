import type { LabRequest } from './sip-behaviours.ts'

/** A request as the lab reads it; undefined for what is none. `text` has one character an octet. */
export function parseRequest(
  text: string,
  source: { address: string; port: number },
): LabRequest | undefined {
  const line = /^([A-Z]+) (\S+) SIP\/2\.0\r\n/.exec(text)
  if (line === null) return undefined
  const head = text.slice(0, text.indexOf('\r\n\r\n'))
  return {
    text,
    method: line[1] ?? '',
    uri: line[2] ?? '',
    source: { address: source.address, port: source.port },
    header: (name) => new RegExp(`^${name}: (.*)$`, 'im').exec(head.replaceAll('\r\n', '\n'))?.[1],
  }
}

export function raw(text: Uint8Array | string): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text, 'latin1') : text
}
