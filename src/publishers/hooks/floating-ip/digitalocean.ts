import { z } from 'zod'
import { HookError } from '../error.ts'
import { callJson } from '../http/json.ts'
import { pause } from '../runner/pause.ts'
import type { Cloud } from './api.ts'

const reservedIp = z.object({
  reserved_ip: z.object({ droplet: z.object({ id: z.number().int() }).nullable() }),
})
const action = z.object({
  action: z.object({ id: z.number().int(), status: z.enum(['in-progress', 'completed', 'errored']) }),
})

const LOOK_MS = 500

/** DigitalOcean API v2: reserved IPs, called floating IPs before 2022. */
export const digitalocean: Cloud = {
  baseUrl: 'https://api.digitalocean.com/v2',
  address: {
    pattern: /^(?:\d{1,3}\.){3}\d{1,3}$/,
    allowed: 'allowed: the reserved IP itself, like 203.0.113.10',
  },
  create({ address, token, baseUrl }, timers) {
    const ask = <T>(schema: z.ZodType<T>, what: string, path: string, signal: AbortSignal, json?: unknown) =>
      callJson(schema, {
        what,
        method: json === undefined ? 'GET' : 'POST',
        url: new URL(`${baseUrl}/reserved_ips/${address}${path}`),
        headers: { authorization: `Bearer ${token}` },
        signal,
        secrets: [token],
        json,
      })
    return {
      what: `reserved IP ${address}`,
      async holder(signal) {
        const { droplet } = (await ask(reservedIp, 'read the reserved IP', '', signal)).reserved_ip
        return droplet === null ? undefined : String(droplet.id)
      },
      async move(holder, signal) {
        const order = { type: 'assign', droplet_id: Number(holder) }
        let seen = await ask(action, 'assign the reserved IP', '/actions', signal, order)
        while (seen.action.status === 'in-progress') {
          if (!(await pause(timers, LOOK_MS, signal))) throw new HookError('stopped', 'stopped')
          seen = await ask(action, 'look after the action', `/actions/${seen.action.id}`, signal)
        }
        if (seen.action.status === 'errored')
          throw new HookError('failed', 'DigitalOcean could not assign it')
      },
    }
  },
}
