/** A reason not to serve a zone, or to think again. */
export interface ZoneFault {
  readonly message: string
  /** It works, and is seldom meant. */
  readonly warning?: true
  /** Within the zone's `records` text, from 1. */
  readonly line?: number
  readonly column?: number
  /** Which of the zone's answers, from 0. */
  readonly answer?: number
}
