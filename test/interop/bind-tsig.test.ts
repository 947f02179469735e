/** BIND's clients as judges of our signatures: they say when one fails. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { type TsigAlgorithm, tsigKey } from '../../src/wire/dns/tsig/key.ts'
import { hasPeer } from '../support/peers.ts'
import { createRfc2136Server, type Rfc2136Server } from '../support/rfc2136-server.ts'
import { UpdatableZone } from '../support/rfc2136-zone.ts'

const missing = !hasPeer('dig', 'bind9-dnsutils') || !hasPeer('nsupdate', 'bind9-dnsutils')
const run = promisify(execFile)
const ZONE = 'example.test'
const SECRET = Buffer.from('a secret that is well long enough for any').toString('base64')

describe.skipIf(missing)(
  `TSIG with dig and nsupdate${missing ? ' (not installed: Debian package bind9-dnsutils)' : ''}`,
  () => {
    let server: Rfc2136Server
    let zone: UpdatableZone
    afterEach(() => server.close())

    const start = async (algorithm: TsigAlgorithm, aheadMs = 0) => {
      zone = new UpdatableZone(canonicalName(`${ZONE}.`))
      for (let i = 0; i < 90; i++)
        zone.put({
          name: canonicalName(`n${i}.${ZONE}.`),
          type: 1,
          ttl: 30,
          octets: [Uint8Array.of(192, 0, 2, i)],
        })
      const key = tsigKey('judge', algorithm, SECRET)
      server = await createRfc2136Server({ zone, key, now: () => Date.now() + aheadMs })
    }
    const ask = async (algorithm: TsigAlgorithm, secret: string, ...args: readonly string[]) => {
      const { address, port } = server.at
      const where = [
        `@${address}`,
        '-p',
        String(port),
        '+norec',
        '+tries=1',
        '+time=5',
        '-y',
        `${algorithm}:judge:${secret}`,
      ]
      const { stdout } = await run('dig', [...where, ...args], { timeout: 15_000 })
      return stdout
    }
    /** What dig writes when it does not believe. */
    const DOUBT = /could not be verified|Couldn't verify|WARNING|verify failure/i

    it.each(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const)(
      '%s: an answer, and a transfer of many messages, are believed',
      async (algorithm) => {
        await start(algorithm)
        const answer = await ask(algorithm, SECRET, `n7.${ZONE}`, 'A')
        expect(answer).toMatch(/n7\.example\.test\.\s+30\s+IN\s+A\s+192\.0\.2\.7/)
        expect(answer).toMatch(/TSIG PSEUDOSECTION/)
        expect(answer).not.toMatch(DOUBT)
        const transfer = await ask(algorithm, SECRET, ZONE, 'AXFR')
        expect(transfer.match(/IN\s+A\s/g)).toHaveLength(90)
        expect(transfer).toMatch(/messages 5/)
        expect(transfer).not.toMatch(DOUBT)
      },
    )

    it.each([
      ['another secret', 0, Buffer.alloc(32).toString('base64'), /BADSIG/],
      ['a clock an hour ahead', 3_600_000, SECRET, /BADTIME/],
    ])('%s is refused in words that dig knows', async (_, aheadMs, secret, expected) => {
      await start('hmac-sha256', aheadMs)
      const said = await ask('hmac-sha256', secret, `n7.${ZONE}`, 'A')
      expect(said).toMatch(/status: NOTAUTH/)
      expect(said).toMatch(expected)
    })

    it('an update by nsupdate is checked, done and acknowledged', async () => {
      await start('hmac-sha512')
      const { address, port } = server.at
      const child = run('nsupdate', ['-y', `hmac-sha512:judge:${SECRET}`], { timeout: 15_000 })
      child.child.stdin?.end(
        `server ${address} ${port}\nzone ${ZONE}\nprereq nxrrset new.${ZONE} SRV\nupdate delete n1.${ZONE} A\nupdate add new.${ZONE} 60 SRV 1 2 5060 n2.${ZONE}\nsend\n`,
      )
      await child
      expect(zone.get(canonicalName(`n1.${ZONE}.`), 1)).toBeUndefined()
      expect(zone.get(canonicalName(`new.${ZONE}.`), 33)?.ttl).toBe(60)
    })
  },
)
