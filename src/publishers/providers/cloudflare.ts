import { limitsOf } from './cloudflare/limits.ts'
import { type CloudflareOptions, options } from './cloudflare/options.ts'
import { CloudflareProvider } from './cloudflare/provider.ts'
import { defineProvider } from './definition.ts'

/** A zone at Cloudflare, over the official SDK: one batch call changes everything or nothing. */
export const cloudflare = defineProvider<CloudflareOptions>({
  kind: 'cloudflare',
  summary:
    'A zone at Cloudflare: records marked by comment or tag, changed in one transaction, never proxied.',
  options,
  marks: 'inline',
  limits: (settings) => limitsOf(settings, settings.plan),
  create: (settings, deps) => new CloudflareProvider(settings, deps),
})
