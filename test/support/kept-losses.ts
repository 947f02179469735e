/** The whole app, for as long as a test wants it, and what it remembers of its paths. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../src/app/app.ts'
import type { App } from '../../src/app/facade.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { settingsOf } from './settings.ts'

export interface RememberingApp {
  readonly app: App
  /** Ends the app; gives the loss that it keeps of each watch, by its key. */
  losses(): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

/** Starts an app with this configuration, to which a folder for its state is added. */
export async function startRemembering(config: string): Promise<RememberingApp> {
  const stateDir = await mkdtemp(join(tmpdir(), 'sipvane-remembering-'))
  const app = createApp(settingsOf(`state: ${stateDir}\n${config}`), { logger: silentLogger, version: '0' })
  let stopped = false
  const stop = async () => {
    if (!stopped) await app.stop()
    stopped = true
  }
  const close = async () => {
    await stop()
    await rm(stateDir, { recursive: true })
  }
  try {
    await app.start()
  } catch (error) {
    await close()
    throw error
  }
  return {
    app,
    async losses() {
      await stop()
      const saved: { health: Record<string, { loss: number }> } = JSON.parse(
        await readFile(join(stateDir, 'health.json'), 'utf8'),
      )
      return Object.fromEntries(Object.entries(saved.health).map(([key, { loss }]) => [key, loss]))
    },
    close,
  }
}
