import { z } from 'zod'

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$/

/** The name that a PBX learns its public address by. */
export const externalName = () =>
  z.string().max(253).regex(NAME, { error: 'allowed: a host name' }).optional()

/** Whom to ask for it. */
export const resolver = () =>
  z
    .string()
    .regex(/^(?:[0-9.]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/, { error: 'allowed: an address, or address:port' })
    .optional()
