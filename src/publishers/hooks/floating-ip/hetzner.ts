import { z } from 'zod'
import { safeText } from '../../providers/error.ts'
import { HookError } from '../error.ts'
import { callJson } from '../http/json.ts'
import { pause } from '../runner/pause.ts'
import type { Cloud } from './api.ts'

const floatingIp = z.object({ floating_ip: z.object({ server: z.number().int().nullable() }) })
const action = z.object({
  action: z.object({
    id: z.number().int(),
    status: z.enum(['running', 'success', 'error']),
    error: z.object({ code: z.string(), message: z.string() }).nullish(),
  }),
})

const LOOK_MS = 500

/** Hetzner Cloud API v1: assigning is an action, which is looked after until it ended. */
export const hetzner: Cloud = {
  baseUrl: 'https://api.hetzner.cloud/v1',
  address: { pattern: /^\d{1,15}$/, allowed: 'allowed: the id of a floating IP, a number' },
  create({ address, token, baseUrl }, timers) {
    const ask = <T>(schema: z.ZodType<T>, what: string, path: string, signal: AbortSignal, json?: unknown) =>
      callJson(schema, {
        what,
        method: json === undefined ? 'GET' : 'POST',
        url: new URL(`${baseUrl}${path}`),
        headers: { authorization: `Bearer ${token}` },
        signal,
        secrets: [token],
        json,
      })
    return {
      what: `floating IP ${address}`,
      async holder(signal) {
        const { floating_ip } = await ask(
          floatingIp,
          'read the floating IP',
          `/floating_ips/${address}`,
          signal,
        )
        return floating_ip.server === null ? undefined : String(floating_ip.server)
      },
      async move(holder, signal) {
        const path = `/floating_ips/${address}/actions/assign`
        let seen = await ask(action, 'assign the floating IP', path, signal, { server: Number(holder) })
        while (seen.action.status === 'running') {
          if (!(await pause(timers, LOOK_MS, signal))) throw new HookError('stopped', 'stopped')
          seen = await ask(action, 'look after the action', `/actions/${seen.action.id}`, signal)
        }
        const { status, error } = seen.action
        if (status === 'error')
          throw new HookError(
            'failed',
            `Hetzner could not assign it: ${safeText(error?.message ?? 'no reason given')}`,
          )
      },
    }
  },
}
