/**
 * Two links of an office, of which the first one breaks: from the fault until the name leads to the other one, the PBX is registered from
 * there, and a phone is back. Real routers, NAT, resolver, STUN server and phone, in network namespaces. `npm run bench:wan [-- ROUNDS
 * [FAULT,…]]`; Linux and root.
 */
import { namespacesRefused } from '../test/support/netns/namespaces.ts'
import { FAULTS } from '../test/support/netns/network.ts'
import { type Case, type Result, renumbered, rounds } from './wan/rounds.ts'
import { movedTable, spread, stayedTable } from './wan/tables.ts'

const count = Number(process.argv[2] ?? 5)
const only = process.argv[3]?.split(',')
/** Offices at once: each of them idles most of the time. */
const AT_ONCE = 8
const PHONE_EXPIRES_S = 30

const refused = namespacesRefused()
if (refused !== undefined) {
  process.stderr.write(`network namespaces: ${refused}\n`)
  process.exit(1)
}

// Namespaces are removed when a process ends by itself, which a signal does not make it do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const withPhone = { phoneExpiresS: PHONE_EXPIRES_S }
const cases: readonly Case[] = [
  { name: FAULTS.cable, fault: 'cable', options: withPhone },
  { name: FAULTS.interface, fault: 'interface', options: withPhone },
  { name: FAULTS.silent, fault: 'silent', options: withPhone },
  { name: FAULTS.dns, fault: 'dns', options: withPhone },
  { name: FAULTS.loss, fault: 'loss', options: withPhone },
  {
    name: `${FAULTS.silent}; sipvane updates a primary elsewhere`,
    fault: 'silent',
    options: { ...withPhone, authority: 'primary' },
  },
  { name: FAULTS['reference-host'], fault: 'reference-host', options: {}, harmless: true },
  {
    name: `${FAULTS.dns}, and names are not asked for`,
    fault: 'dns',
    options: { askNames: false },
    harmless: true,
  },
]
const chosen = cases.filter(({ fault }) => only === undefined || only.includes(fault))
const results: (readonly [Case, Result])[] = []
let next = 0
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < chosen.length) {
      const index = next++
      const one = chosen[index]
      if (one !== undefined) results[index] = [one, await rounds(one, count)]
    }
  }),
)

process.stdout.write(`${count} rounds each; seconds from the fault, median / worst\n\n`)
process.stdout.write(`${movedTable(results.filter(([{ harmless }]) => harmless !== true))}\n`)
process.stdout.write(
  `${stayedTable(
    results.filter(([{ harmless }]) => harmless === true),
    count,
  )}\n`,
)
if (only === undefined)
  process.stdout.write(
    `another public address, until the name has it: ${spread(await renumbered(count))} s\n`,
  )
