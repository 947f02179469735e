import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/load.ts'
import { SipvaneError } from '../../src/core/errors.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipvane-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function readError(name: string): Promise<SipvaneError> {
  const error: unknown = await readConfig(join(folder, name)).catch((reason: unknown) => reason)
  if (!(error instanceof SipvaneError))
    throw new Error('this was read, or failed in another way', { cause: error })
  return error
}

describe('a configuration file', () => {
  it('is read as UTF-8', async () => {
    await writeFile(join(folder, 'good.yaml'), 'node: a # ä €\n')
    expect(await readConfig(join(folder, 'good.yaml'))).toBe('node: a # ä €\n')
  })

  it('that is not there says so, with its path', async () => {
    const error = await readError('none.yaml')
    expect(error).toMatchObject({
      code: 'config-unreadable',
      message: expect.stringMatching(/none\.yaml: there is no such file$/),
    })
  })

  it('that is a folder says so', async () => {
    expect(await readError('.')).toMatchObject({
      code: 'config-unreadable',
      message: expect.stringMatching(/: it is a folder$/),
    })
  })

  it('of exactly 8 MiB is read, one byte more is refused', async () => {
    await writeFile(join(folder, 'full.yaml'), '#'.repeat(8 * 1024 * 1024))
    expect(await readConfig(join(folder, 'full.yaml'))).toHaveLength(8 * 1024 * 1024)
    await writeFile(join(folder, 'large.yaml'), '#'.repeat(8 * 1024 * 1024 + 1))
    expect(await readError('large.yaml')).toMatchObject({ code: 'config-too-large' })
  })

  it('without an end, such as a device, is refused at the same size', async () => {
    await expect(readConfig('/dev/zero')).rejects.toMatchObject({ code: 'config-too-large' })
  })

  it('in another encoding is refused rather than guessed at', async () => {
    await writeFile(join(folder, 'latin1.yaml'), Buffer.from('node: \xe4\n', 'latin1'))
    expect(await readError('latin1.yaml')).toMatchObject({ code: 'config-encoding' })
  })
})
