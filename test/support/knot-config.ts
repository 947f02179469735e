/** A key of TSIG, as Knot's configuration names its parts. */
interface Key {
  readonly name: string
  readonly algorithm: string
  readonly secret: string
}

/** The lines of a knot.conf that every Knot of the tests begins with. `listen`: `address@port`. */
export function knotConfigHead(folder: string, listen: string, keys: readonly Key[]): string[] {
  return [
    'server:',
    `    rundir: ${folder}`,
    `    listen: ${listen}`,
    '    udp-workers: 1',
    '    tcp-workers: 1',
    '    background-workers: 1',
    'log:',
    '  - target: stderr',
    '    any: info',
    'database:',
    `    storage: ${folder}`,
    '    journal-db-max-size: 20M',
    'key:',
    ...keys.map(
      ({ name, algorithm, secret }) => `  - id: ${name}\n    algorithm: ${algorithm}\n    secret: ${secret}`,
    ),
  ]
}
