import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadLibc } from '../../src/publishers/responder/batch/libc.ts'
import { projectRoot } from './root.ts'

/** The compiled code of a thread that answers: threads cannot be started from TypeScript. */
export const workerUrl = pathToFileURL(
  join(projectRoot(), 'dist', 'publishers', 'responder', 'batch', 'worker.js'),
)

/**
 * Why batches cannot be had here; undefined where they can. On Linux with peers required that is an error, so that nothing is skipped
 * unseen.
 */
export async function noBatch(): Promise<string | undefined> {
  const libc = await loadLibc()
  if (typeof libc !== 'string') return undefined
  if (process.env.SIPVANE_REQUIRE_PEERS === '1') throw new Error(`batches are required here: ${libc}`)
  return libc
}

/** One way to answer over UDP: for `startResponder`. */
export interface UdpWay {
  readonly io: 'dgram' | 'batch'
  readonly workerUrl: URL
  /** Why it cannot be had here. */
  readonly missing: string | undefined
}

/** Both ways, for a suite that must hold over either. */
export async function udpWays(): Promise<readonly UdpWay[]> {
  return [
    { io: 'dgram', workerUrl, missing: undefined },
    { io: 'batch', workerUrl, missing: await noBatch() },
  ]
}
