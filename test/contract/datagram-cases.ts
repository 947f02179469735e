import { decode, encode } from 'dns-packet'
import { createDatagramLab, type DatagramBehaviour } from '../support/datagram-lab.ts'
import { stunError, stunSuccess } from '../support/stun-messages.ts'
import type { CaseMaker, Conduct } from './probe-worlds.ts'

const NO_PORTS = { udp: 1, tcp: 1, tls: 1, ws: 1, wss: 1 }
const PORT_OF_NOBODY = 1

function stunBehaviour(conduct: Conduct): DatagramBehaviour {
  const id = (request: Uint8Array) => request.subarray(8, 20)
  let asked = 0
  switch (conduct) {
    case 'works':
      return (request, reply, from) => reply.send(stunSuccess(id(request), from, { fingerprint: true }))
    case 'works, with an escape sequence in its words':
      return (request, reply) => reply.send(stunError(id(request), 400, '\x1b[31mred'))
    case 'works once, then is silent':
      return (request, reply, from) => {
        if (asked++ === 0) reply.send(stunSuccess(id(request), from))
      }
    case 'answers garbage':
      return (_request, reply) => reply.send(new Uint8Array(500).fill(0xee))
    case 'answers hostile text':
      return (request, reply) => reply.send(stunError(id(request), 599, `\x1b]0;${'x'.repeat(1000)}\x07`))
    default:
      return () => {}
  }
}

export const stunCases: CaseMaker = (definition) => [
  {
    name: definition.kind,
    definition,
    options: { port: PORT_OF_NOBODY },
    async open(conduct) {
      const lab = await createDatagramLab(stunBehaviour(conduct))
      return { ports: NO_PORTS, options: { port: lab.port }, close: () => lab.close() }
    },
  },
]

function dnsBehaviour(conduct: Conduct): DatagramBehaviour {
  let asked = 0
  const answer = (query: Uint8Array, text: string) => {
    const { id = 0, questions = [] } = decode(Buffer.from(query))
    return encode({
      type: 'response',
      id,
      questions,
      answers: [{ type: 'TXT', name: 'x.example', data: text }],
    })
  }
  switch (conduct) {
    case 'works':
      return (query, reply) => reply.send(answer(query, 'fine'))
    case 'works, with an escape sequence in its words':
      return (query, reply) => reply.send(answer(query, '\x1b[31mred'))
    case 'works once, then is silent':
      return (query, reply) => {
        if (asked++ === 0) reply.send(answer(query, 'fine'))
      }
    case 'answers garbage':
      return (_query, reply) => reply.send(new Uint8Array(500).fill(0xee))
    case 'answers hostile text':
      return (query, reply) => reply.send(answer(query, `\x1b]0;${'x'.repeat(200)}\x07`))
    default:
      return () => {}
  }
}

export const dnsCases: CaseMaker = (definition) => [
  {
    name: definition.kind,
    definition,
    options: { name: 'x.example', recordType: 'TXT' },
    async open(conduct) {
      const lab = await createDatagramLab(dnsBehaviour(conduct))
      const options = { name: 'x.example', recordType: 'TXT', port: lab.port }
      return { ports: NO_PORTS, options, close: () => lab.close() }
    },
  },
]
