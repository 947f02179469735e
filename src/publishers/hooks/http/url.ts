import { z } from 'zod'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * A URL of an API that takes a token. The token never travels in the clear over a network: https, or http on loopback (for tests).
 */
export function apiUrl(): z.ZodType<string, string> {
  const error = 'allowed: an https URL, or http on loopback, without user, query and fragment'
  return z.string({ error }).refine(
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined
      const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
      return safe && url.username === '' && url.search === '' && url.hash === ''
    },
    { error },
  )
}

/** A URL to tell events to: http too, because an Alertmanager in the next rack speaks no TLS. */
export function webUrl(): z.ZodType<string, string> {
  const error = 'allowed: an http or https URL, without user and fragment'
  return z.string({ error }).refine(
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined
      return /^https?:$/.test(url?.protocol ?? '') && url?.username === '' && url.hash === ''
    },
    { error },
  )
}
