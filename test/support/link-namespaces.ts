/**
 * Two links to one address, as an office with two providers has them: behind each a network namespace with a server of its own at the very
 * same address, which says which link it was reached by. The main routing table prefers the first link. Linux, root and iproute2 needed.
 */
import { execFileSync } from 'node:child_process'
import { startProcess } from './sip-process.ts'
import { until } from './sip-real-time.ts'

/** Of the range for tests of networks (RFC 2544): nobody else's route is touched. */
export const SERVER = '198.18.231.53'
export const PORT = 5060

/** SIP over UDP and TCP, HTTP with one word; `link1` in each answer. */
const SERVER_SCRIPT = `
  const name = process.argv[1]
  const pick = (text, header) => (text.match(new RegExp('^' + header + ': .*$', 'im')) ?? [''])[0].trim()
  const answer = (text) => ['SIP/2.0 200 ' + name, ...['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((each) => pick(text, each)), 'Content-Length: 0', '', ''].join('\\r\\n')
  const udp = require('node:dgram').createSocket('udp4')
  udp.on('message', (bytes, from) => udp.send(answer(bytes.toString()), from.port, from.address))
  require('node:net').createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => socket.write(answer(bytes.toString())))
  }).listen(${PORT}, '${SERVER}')
  require('node:http').createServer((_, response) => response.end(name)).listen(80, '${SERVER}', () =>
    udp.bind(${PORT}, '${SERVER}', () => console.log('ready')))
`

export interface Link {
  /** The interface that leads to it. */
  readonly device: string
  /** Its own address on this side. */
  readonly address: string
  /** Takes the interface away, address and routes with it. */
  unplug(): void
  /** Brings it back: another interface to the system, by the same name. */
  plug(): void
}

export interface LinkNamespaces {
  readonly links: readonly [Link, Link]
  close(): Promise<void>
}

/** Why there can be none here; undefined where there can. */
export function linksRefused(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root'
  const name = `svtry${process.pid}`
  try {
    ip(`netns add ${name}`)
    ip(`netns del ${name}`)
    return undefined
  } catch {
    return 'network namespaces cannot be made here'
  }
}

export async function createLinkNamespaces(): Promise<LinkNamespaces> {
  const made = [1, 2].map((index) => oneLink(index))
  for (const { start } of made) await start()
  const [first, second] = made
  if (first === undefined || second === undefined) throw new Error('two links')
  return {
    links: [first.link, second.link],
    async close() {
      for (const { stop } of made) await stop()
    },
  }
}

function oneLink(index: number) {
  const space = `svlink${index}-${process.pid}`
  const device = `svl${index}-${process.pid}`
  const address = `198.18.23${index}.1`
  const far = `198.18.23${index}.2`
  let server: ReturnType<typeof startProcess> | undefined
  const link: Link = {
    device,
    address,
    unplug: () => ip(`link del ${device}`),
    plug: () => {
      ip(`link add ${device} type veth peer name far netns ${space}`)
      ip(`addr add ${address}/30 dev ${device}`)
      ip(`link set ${device} up`)
      ip(`-n ${space} addr add ${far}/30 dev far`)
      ip(`-n ${space} link set far up`)
      ip(`route add ${SERVER}/32 via ${far} dev ${device} metric ${index * 10}`)
    },
  }
  return {
    link,
    async start() {
      ip(`netns add ${space}`)
      ip(`-n ${space} addr add ${SERVER}/32 dev lo`)
      ip(`-n ${space} link set lo up`)
      link.plug()
      const program = [process.execPath, '-e', SERVER_SCRIPT, `link${index}`]
      const run = startProcess('ip', ['netns', 'exec', space, ...program], '/')
      server = run
      await until(() => run.output().includes('ready'), 'the server behind the link', 20_000)
    },
    async stop() {
      await server?.stop()
      for (const args of [`link del ${device}`, `netns del ${space}`]) {
        try {
          ip(args)
        } catch {
          // It was not made, or a test took it away.
        }
      }
    },
  }
}

function ip(args: string): void {
  execFileSync('ip', args.split(' '), { stdio: 'pipe' })
}
