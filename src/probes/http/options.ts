import { z } from 'zod'
import { port } from '../../core/schemas.ts'
import { statusRange } from '../expected-statuses.ts'
import { textMatch } from '../pattern/text-match.ts'
import { HOST_NAME } from '../sip-endpoint.ts'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 section 5.5, without the obsolete octets. */
const FIELD_VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/
/** Path and query as they go into the request line; a fragment never does. */
const PATH = /^\/[\x21\x22\x24-\x7e]*$/
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

const status = z.union([z.number().int(), z.string()]).refine((given) => statusRange(given) !== undefined, {
  error: 'not a final status: write 200, 200-299 or 2xx',
})

/** What the configuration may say of an http probe. */
export const httpOptions = z
  .strictObject({
    port: port().optional().describe('Port to ask. Default 80, with tls 443.'),
    path: z
      .string()
      .max(2000)
      .regex(PATH, 'not a path, like /status?full=1')
      .default('/')
      .describe('Path and query. Default /.'),
    method: z.enum(['GET', 'HEAD']).default('GET').describe('Default GET.'),
    host: z
      .string()
      .max(260)
      .regex(HOST, 'not a host, like pbx.example.com:8080')
      .optional()
      .describe('Host header. Default serverName, else the address.'),
    headers: z
      .record(z.string().regex(TOKEN), z.string().regex(FIELD_VALUE))
      .refine((given) => !Object.keys(given).some((name) => RESERVED.has(name.toLowerCase())), {
        error: 'host has a key of its own; connection, content-length and transfer-encoding are ours',
      })
      .optional()
      .describe('Further headers to send.'),
    status: z
      .array(status)
      .min(1)
      .default(['200-299'])
      .describe('Statuses that pass, like 200, 200-299 or 2xx. Default 200-299.'),
    expectHeaders: z
      .record(z.string().regex(TOKEN), textMatch())
      .optional()
      .describe('Headers that have to come, each with words or a pattern between slashes to find in it.'),
    body: textMatch()
      .optional()
      .describe('What has to be in the first 64 KB of the body: words, or a pattern between slashes.'),
    keepAlive: z
      .boolean()
      .default(false)
      .describe('Keep the connection for the next question. Default false: a new one each time.'),
    tls: z.boolean().default(false).describe('Ask over TLS (https). Default false.'),
    verify: z.boolean().optional().describe('TLS: check the certificate. Default true.'),
    serverName: z
      .string()
      .regex(HOST_NAME, 'not a host name')
      .optional()
      .describe("TLS: name to ask for and check. Default the target's."),
    ca: z
      .string()
      .min(1)
      .optional()
      .describe('TLS: file with trusted issuers, PEM. Default those of Node.js.'),
  })
  .refine(
    (given) =>
      given.tls || (given.verify === undefined && given.serverName === undefined && given.ca === undefined),
    {
      error: 'verify, serverName and ca need tls: true',
      path: ['tls'],
    },
  )
  .refine((given) => given.body === undefined || given.method === 'GET', {
    error: 'the answer to HEAD has no body',
    path: ['body'],
  })

const RESERVED = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'expect'])
