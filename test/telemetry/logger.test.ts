import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLogger, type LogFormat, type LogLevel } from '../../src/telemetry/logger.ts'

function capture(format: LogFormat, level: LogLevel = 'info') {
  const destination = new PassThrough()
  const logger = createLogger({ level, format, node: 'ns1', destination })
  return { logger, text: () => String(destination.read() ?? '') }
}

describe('the log', () => {
  it('is one JSON object a line, with a stable event name, a level and a time', () => {
    const { logger, text } = capture('json')
    logger.warn('verdict.changed', { target: 'edge/sip1', to: 'down' }, 'edge/sip1 is down')
    const line = JSON.parse(text())
    expect(line).toMatchObject({
      level: 'warn',
      node: 'ns1',
      event: 'verdict.changed',
      target: 'edge/sip1',
      to: 'down',
      msg: 'edge/sip1 is down',
    })
    expect(Number.isNaN(Date.parse(line.time))).toBe(false)
  })

  it('never shows a secret, wherever it hangs', () => {
    for (const format of ['json', 'pretty'] as const) {
      const { logger, text } = capture(format)
      logger.info(
        'x',
        { token: 'hunter2', probe: { password: 'hunter2' }, provider: { cf: { apiToken: 'hunter2' } } },
        'y',
      )
      expect(text()).not.toContain('hunter2')
    }
  })

  it('keeps an error with its code and cause', () => {
    const { logger, text } = capture('json')
    logger.error(
      'x',
      { error: Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'some-code' }) },
      'm',
    )
    const line = JSON.parse(text())
    expect(line.error.code).toBe('some-code')
    expect(line.error.message).toContain('outer')
    expect(line.error.message).toContain('inner')
  })

  it('leaves out what is below its level', () => {
    const { logger, text } = capture('json', 'warn')
    logger.info('a', {}, 'quiet')
    logger.debug('b', {}, 'quieter')
    expect(text()).toBe('')
    logger.error('c', {}, 'loud')
    expect(text()).toContain('loud')
  })

  it('is one readable line for a terminal', () => {
    const { logger, text } = capture('pretty')
    logger.info('zone.changed', { serial: 7 }, 'voice.example.com. has serial 7')
    expect(text()).toMatch(/^\[?\d\d:\d\d:\d\d\.\d+\]? INFO: voice\.example\.com\. has serial 7\n$/)
  })

  it('shows what a terminal or a reader of lines would act on, and does not act on it', () => {
    const HOSTILE = 'no answer\n12:00:00 INFO: all is well\r\x1b[2J\x9b31m\u202e\u2028\x7f'
    const ACTS = /[^\n\P{Cc}]|[\u2028-\u202e]/u
    for (const format of ['json', 'pretty'] as const) {
      const { logger, text } = capture(format)
      logger.warn('x', { detail: HOSTILE, error: new Error(HOSTILE), [HOSTILE]: 1 }, HOSTILE)
      const written = text()
      expect(written.trimEnd().split('\n')).toHaveLength(1)
      expect(written).not.toMatch(ACTS)
      // It is told, and in JSON word for word.
      expect(written).toContain('all is well')
      if (format === 'json') expect(JSON.parse(written)).toMatchObject({ detail: HOSTILE, msg: HOSTILE })
    }
  })

  it('survives a field that cannot be written', () => {
    const { logger, text } = capture('json')
    const circular: Record<string, unknown> = {}
    circular.self = circular
    logger.info('x', { circular, big: 10n }, 'still here')
    expect(text()).toMatch(/still here|log\.failed/)
  })
})
