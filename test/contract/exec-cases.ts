import type { CaseMaker, Conduct } from './probe-worlds.ts'

const NO_PORTS = { udp: 1, tcp: 1, tls: 1, ws: 1, wss: 1 }

/** What the plugin does; the far end is its own business. */
function command(conduct: Conduct): string[] {
  switch (conduct) {
    case 'works':
    case 'works once, then is silent':
      return ['printf', 'OK - {address} | rta=1.5ms;10;20\\n']
    case 'works, with an escape sequence in its words':
      return ['printf', 'OK \\033[31mred\\n']
    case 'hangs':
      return ['sleep', '1000']
    case 'answers garbage':
      return ['head', '-c', '500', '/dev/urandom']
    case 'answers hostile text':
      return ['sh', '-c', 'printf "\\033]0;"; head -c 100000 /dev/zero | tr "\\0" x; exit 2']
    case 'breaks off':
    case 'resets every connection':
      return ['sh', '-c', 'exit 2']
  }
}

export const execCases: CaseMaker = (definition) => [
  {
    name: definition.kind,
    definition,
    options: { command: ['true'] },
    open: async (conduct) => ({
      ports: NO_PORTS,
      options: { command: command(conduct) },
      close: async () => {},
    }),
  },
]
