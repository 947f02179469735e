import type { DomainName } from '../../core/brand.ts'
import type { Census } from './census.ts'
import type { ZoneFault } from './fault.ts'

/**
 * Owners that hold the zone's name twice: `sip.example.com` without its last dot, in the zone example.com, is sip.example.com.example.com.
 * (RFC 1035 section 5.1). It works, nobody asks for it, and the name that was meant does not exist.
 */
export function doubled({ settings, statics }: Census): ZoneFault[] {
  const { origin } = settings
  const twice = (name: DomainName) => name === `${origin}${origin}` || name.endsWith(`.${origin}${origin}`)
  const message = (name: DomainName) =>
    `this is ${name}, with the zone's name twice; a full name ends in a dot: ${name.slice(0, -origin.length)}`
  return [
    ...statics.sets
      .filter(({ name }) => twice(name))
      .map(({ name, line, column }) => ({ message: message(name), warning: true as const, line, column })),
    ...settings.answers.flatMap(({ name }, answer) =>
      twice(name) ? [{ message: message(name), warning: true as const, answer }] : [],
    ),
  ]
}
