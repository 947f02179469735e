import { createStreamLab, type StreamBehaviour } from '../support/stream-lab.ts'
import { issuerPath } from '../support/tls-fixtures.ts'
import { type CaseMaker, type Conduct, type ProbeCase, sipCases, sipWorld } from './probe-worlds.ts'

const NO_PORTS = { udp: 1, tcp: 1, tls: 1, ws: 1, wss: 1 }

/** Says `text` when spoken to, and then good-bye. */
function saying(text: string): StreamBehaviour {
  return {
    onData: (_said, reply) => {
      reply.end(text)
      return true
    },
  }
}

/** What a server of lines does; `works` gives what it says when all is well. */
export function streamBehaviour(conduct: Conduct, works: (words: string) => string): StreamBehaviour {
  let asked = 0
  switch (conduct) {
    case 'works':
      return saying(works('fine'))
    case 'works, with an escape sequence in its words':
      return saying(works('\x1b[31mred'))
    case 'works once, then is silent':
      return {
        onData: (_said, reply) => {
          if (asked++ === 0) reply.end(works('fine'))
          return true
        },
      }
    case 'hangs':
      return { onConnection: 'hold' }
    case 'answers garbage':
      return saying('\x00\xff\xee'.repeat(100))
    case 'answers hostile text':
      return saying(`\x1b]0;${'x'.repeat(3000)}\x07`)
    case 'breaks off':
      return {
        onData: (_said, reply) => {
          reply.reset()
          return true
        },
      }
    case 'resets every connection':
      return { onConnection: 'reset' }
  }
}

/** As it is used against SIP servers, and with words of its own. */
export const tcpCases: CaseMaker = (definition) => {
  const options = { send: 'PING\r\n', expect: '/^PONG/', quit: 'QUIT\r\n' }
  const conversation: ProbeCase = {
    name: `${definition.kind} with words`,
    definition,
    options,
    async open(conduct) {
      const lab = await createStreamLab()
      lab.behave(streamBehaviour(conduct, (words) => `PONG ${words}\r\n`))
      return { ports: NO_PORTS, options: { ...options, port: lab.port }, close: () => lab.close() }
    },
  }
  return [...sipCases()(definition), conversation]
}

export const tlsCases: CaseMaker = (definition) => [
  {
    name: definition.kind,
    definition,
    options: { ca: issuerPath },
    open: (conduct) => sipWorld(conduct, { ca: issuerPath }),
  },
]

export const httpCases: CaseMaker = (definition) =>
  [false, true].map((keepAlive) => ({
    name: `${definition.kind}${keepAlive ? ', kept alive' : ''}`,
    definition,
    options: { keepAlive },
    async open(conduct) {
      const lab = await createStreamLab()
      lab.behave(
        streamBehaviour(
          conduct,
          (words) => `HTTP/1.1 200 OK\r\nContent-Length: ${words.length}\r\n\r\n${words}`,
        ),
      )
      return { ports: NO_PORTS, options: { keepAlive, port: lab.port }, close: () => lab.close() }
    },
  }))
