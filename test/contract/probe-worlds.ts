import { TRANSPORTS, type Transport } from '../../src/core/target.ts'
import type { ProbeDefinition, ProbeDeps } from '../../src/probes/definition.ts'
import * as lab from '../support/sip-behaviours.ts'
import { createSipServer } from '../support/sip-server.ts'

/** What the far end does in one test of the contract. */
export type Conduct =
  | 'works'
  | 'hangs'
  | 'answers garbage'
  | 'breaks off'
  | 'resets every connection'
  | 'answers hostile text'
  | 'works once, then is silent'
  | 'works, with an escape sequence in its words'

export type BaseDeps = Pick<ProbeDeps, 'clock' | 'timers' | 'sip'>

/** Servers that a kind can ask, on ports of the system's choice, and the options that lead there. */
export interface World {
  readonly ports: Readonly<Record<Transport, number>>
  readonly options: Readonly<Record<string, unknown>>
  readonly deps?: (given: BaseDeps) => Partial<ProbeDeps>
  close(): Promise<void>
}

/** One way to use a kind. Each is a case of the contract suite. */
export interface ProbeCase {
  readonly name: string
  readonly definition: ProbeDefinition
  /** Options that the schema takes, whatever the ports. */
  readonly options: Readonly<Record<string, unknown>>
  /** It sends nothing anywhere: it knows no route and no wait. */
  readonly asksNobody?: boolean
  open(conduct: Conduct): Promise<World>
}

export type CaseMaker = (definition: ProbeDefinition) => readonly ProbeCase[]

/** Behaviours of the SIP lab for each conduct. */
export function sipBehaviour(conduct: Conduct): lab.Behaviour {
  switch (conduct) {
    case 'works':
      return lab.status(200)
    case 'hangs':
      return lab.halfOpen
    case 'answers garbage':
      return lab.garbage(500)
    case 'breaks off':
      return lab.resetMidway
    case 'resets every connection':
      return lab.resetOnConnect
    case 'answers hostile text':
      return lab.status(599, { phrase: `\x1b]0;${'x'.repeat(3000)}\x07` })
    case 'works once, then is silent':
      return lab.inTurn(lab.status(200), lab.silence)
    case 'works, with an escape sequence in its words':
      return lab.status(200, { phrase: '\x1b[31mred' })
  }
}

/** One SIP server a transport. */
export async function sipWorld(
  conduct: Conduct,
  options: Readonly<Record<string, unknown>>,
  behaviour: lab.Behaviour = sipBehaviour(conduct),
): Promise<World> {
  const all = await Promise.all(TRANSPORTS.map((transport) => createSipServer({ transport })))
  for (const server of all) server.behave(behaviour)
  const [udp = 0, tcp = 0, tls = 0, ws = 0, wss = 0] = all.map((server) => server.port)
  return {
    ports: { udp, tcp, tls, ws, wss },
    options,
    async close() {
      await Promise.all(all.map((server) => server.close()))
    },
  }
}

/** A kind that speaks SIP, or at least asks SIP's ports: a case for each transport that its options take. */
export function sipCases(given: Readonly<Record<string, unknown>> = {}): CaseMaker {
  return (definition) => {
    const cases: ProbeCase[] = []
    const add = (name: string, options: Readonly<Record<string, unknown>>) =>
      cases.push({ name, definition, options, open: (conduct) => sipWorld(conduct, options) })
    add(definition.kind, given)
    for (const transport of ['tcp', 'tls', 'ws', 'wss']) {
      const secure = transport === 'tls' || transport === 'wss'
      const options = { ...given, transport, ...(secure ? { verify: false } : {}) }
      if (definition.options.safeParse(options).success) add(`${definition.kind} over ${transport}`, options)
    }
    return cases
  }
}
