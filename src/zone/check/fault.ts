/** A reason not to serve a zone. */
export interface ZoneFault {
  readonly message: string
  /** Within the zone's `records` text, from 1. */
  readonly line?: number
  readonly column?: number
  /** Which of the zone's answers, from 0. */
  readonly answer?: number
}
