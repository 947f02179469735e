/**
 * Ports of services that answer whatever they are sent: echo (RFC 862), daytime (867), quote of the day (865), chargen (864), time (868).
 * What they say, read as DNS, may be a query, and our answer would be answered: one forged datagram would go round for ever. No client asks
 * from there, nor from 0.
 */
const ANSWERS_ANYTHING = new Set([7, 13, 17, 19, 37])

/** Only a forged datagram has this source port; an answer would do harm, or cannot be sent. */
export function isForgedPort(port: number): boolean {
  return port <= 37 && (port === 0 || ANSWERS_ANYTHING.has(port))
}
