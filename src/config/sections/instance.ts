import { resolve } from 'node:path'
import { z } from 'zod'
import type { DnsSettings } from '../../core/dns-settings.ts'
import { wholeNumber } from '../../core/schemas.ts'
import type { AdminSettings } from '../../core/settings.ts'
import { readFields } from '../fields.ts'
import { readValue } from '../issues.ts'
import { LATER } from '../later.ts'
import type { Report } from '../report.ts'
import { dnsHardening, dnsHardeningShape } from './dns-hardening.ts'
import { listenAddress } from './listen.ts'
import { readKeys, readSecondaries, secondariesShape } from './secondaries.ts'

const NODE_ALLOWED = 'allowed: letters, digits, dots, - and _, 253 at most'

/** Top-level keys about this instance itself. */
export const instanceShape = {
  node: z
    .string({ error: NODE_ALLOWED })
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/, { error: NODE_ALLOWED })
    .optional()
    .describe('Name of this instance in logs, metrics and the API. Default the host name.'),
  state: z
    .string({ error: 'allowed: a folder' })
    .regex(/^[^\0]+$/, { error: 'allowed: a folder' })
    .optional()
    .describe('Folder for last known health and event history, relative to this file. Absent: memory only.'),
}

export const dnsShape = {
  listen: z
    .array(listenAddress(), { error: 'allowed: a list of addresses with ports, like ["192.0.2.1:53"]' })
    .min(1, { error: 'allowed: at least one address with its port' })
    .max(64)
    .describe('Addresses with ports to answer on, each over UDP and TCP.'),
  workers: wholeNumber(1, 64)
    .default(1)
    .describe(
      'Threads that answer over UDP, where io is or becomes batch; more than cores are of no use. Default 1.',
    ),
  io: z
    .enum(['auto', 'batch', 'dgram'], { error: 'allowed: auto, batch or dgram' })
    .default('auto')
    .describe(
      'How UDP is read and written: batch (Linux on x64 or arm64, with the optional package koffi), dgram (by Node), or auto: batch where it can be had. Default auto.',
    ),
  ...dnsHardeningShape,
  ...secondariesShape,
}

export const adminShape = {
  listen: listenAddress().describe('Address with port of the HTTP API and dashboard.'),
  token: z
    .string({ error: 'allowed: text without spaces' })
    .regex(/^[\x21-\x7e]{1,4096}$/, {
      error: 'allowed: printable ASCII characters without spaces, at least one',
    })
    .optional()
    .describe('Bearer token that requests must carry; required where listen is not a loopback address.'),
}

/** Instance name and state folder; undefined where one has a fault. */
export function readInstance(
  report: Report,
  context: { readonly hostname: string; readonly baseDir: string },
): { node: string; stateDir?: string } {
  const node = readValue(report, instanceShape.node, ['node'])
  const state = readValue(report, instanceShape.state, ['state'])
  return {
    node: node ?? context.hostname,
    ...(state === undefined ? {} : { stateDir: resolve(context.baseDir, state) }),
  }
}

export function readDns(report: Report): DnsSettings | undefined {
  if (report.document.nodeAt(['dns']) === undefined) {
    readKeys(report)
    return undefined
  }
  const fields = readFields(report, dnsShape, ['dns'], { later: LATER.dnsKeys })
  const seen = new Set<string>()
  for (const [index, { address, port }] of (fields?.listen ?? []).entries()) {
    const key = `${address} ${port}`
    // Port 0 is another port each time.
    if (port !== 0 && seen.has(key))
      report.refuse(['dns', 'listen', index], 'it stands before already; allowed: each once')
    seen.add(key)
  }
  // Read whatever else is wrong, so that its own faults are told with the others.
  const secondaries = readSecondaries(report, { transfer: fields?.transfer, notify: fields?.notify })
  if (fields?.listen === undefined || fields.workers === undefined || fields.io === undefined)
    return undefined
  return {
    listen: fields.listen,
    workers: fields.workers,
    io: fields.io,
    ...dnsHardening(fields),
    ...secondaries,
  }
}

export function readAdmin(report: Report): AdminSettings | undefined {
  if (report.document.nodeAt(['admin']) === undefined) return undefined
  const fields = readFields(report, adminShape, ['admin'])
  if (fields?.listen === undefined) return undefined
  const { listen, token } = fields
  const loopback = listen.address === '::1' || listen.address.startsWith('127.')
  if (!loopback && report.document.nodeAt(['admin', 'token']) === undefined) {
    report.missing(['admin', 'token'], 'required where listen is not a loopback address (127.0.0.0/8, ::1)')
  }
  return { listen, ...(token === undefined ? {} : { token }) }
}
