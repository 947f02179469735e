import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SocketAddress } from '../../src/core/settings.ts'
import type { Secondary, SecondaryPlan } from './secondary.ts'
import type { SipProcess } from './sip-process.ts'
import { KEY, portFreeForBoth, type UpdateKey } from './update-server.ts'

/** Starts a secondary in a folder of its own. Its port is known before, so the primary can be told whom to notify. */
export async function startSecondary(
  name: string,
  port: number | undefined,
  launch: (folder: string, port: number) => SipProcess,
): Promise<Secondary> {
  const folder = await mkdtemp(join(tmpdir(), `sipvane-${name}-`))
  const at: SocketAddress = { address: '127.0.0.1', port: port ?? (await portFreeForBoth()) }
  const process = launch(folder, at.port)
  return {
    at,
    output: process.output,
    async stop() {
      await process.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Every key that it has to know. */
export function keysOf({ key }: SecondaryPlan): readonly UpdateKey[] {
  return key.name === KEY.name ? [key] : [KEY, key]
}
