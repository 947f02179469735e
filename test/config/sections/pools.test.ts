import { describe, expect, it } from 'vitest'
import { faultsOf, soundWith } from '../support.ts'

describe('faults of pools', () => {
  it.each([
    [
      'policy: failover',
      'policy: failver',
      [
        'c.yaml:6:13 pools.edge.policy: "failver" seen; allowed: failover, weighted, all (did you mean "failover"?)',
      ],
    ],
    [
      'policy: failover',
      'policy: ~',
      ['c.yaml:6:13 pools.edge.policy: nothing seen; allowed: failover, weighted, all'],
    ],
    [
      '    policy: failover\n',
      '',
      ['c.yaml:5:3 pools.edge.policy: missing; allowed: failover, weighted, all'],
    ],
    [
      'probes: [options, tcp]',
      'probes: [option, tcp, tcp]',
      [
        'c.yaml:7:14 pools.edge.probes[0]: "option" seen; allowed: options, tcp (did you mean "options"?)',
        'c.yaml:7:27 pools.edge.probes[2]: "tcp" seen; it stands before already; allowed: each probe once',
      ],
    ],
    [
      'probes: [options, tcp]',
      'probes: options',
      ['c.yaml:7:13 pools.edge.probes: "options" seen; allowed: a list of names of probes, like [options]'],
    ],
    [
      'probes: [options, tcp]',
      'probes: []',
      ['c.yaml:7:13 pools.edge.probes: an empty list seen; allowed: at least one probe'],
    ],
    [
      'policy: failover',
      'policy: failover\n    allDown: nxdomain',
      ['c.yaml:7:14 pools.edge.allDown: "nxdomain" seen; allowed: serve-all, last-good, fallback, nodata'],
    ],
    [
      'policy: failover',
      'policy: failover\n    allDown: fallback',
      ['c.yaml:5:3 pools.edge.fallback: missing; allowed with allDown: fallback: at least one target'],
    ],
    [
      'policy: failover',
      'policy: failover\n    fallback: { vm: { address: 192.0.2.9 } }',
      ['c.yaml:7:5 pools.edge.fallback: given, but nothing reads it; allowed with allDown: fallback only'],
    ],
    [
      'policy: failover',
      'policy: failover\n    allDown: fallback\n    fallback: { sip1: { address: 192.0.2.9 } }',
      ['c.yaml:8:17 pools.edge.fallback.sip1: a target of the pool has this name too; allowed: another name'],
    ],
    [
      'policy: failover',
      'policy: failover\n    allDown: fallback\n    fallback: {}',
      ['c.yaml:8:15 pools.edge.fallback: no target seen; allowed: at least one'],
    ],
    [
      'policy: failover',
      'policy: failover\n    failback: manual',
      [
        'c.yaml:7:15 pools.edge.failback: "manual" seen; allowed: a mapping like { mode: auto, delay: 60s } or { mode: manual }',
      ],
    ],
    [
      'policy: failover',
      'policy: failover\n    failback: { mode: manual, delay: 5s }',
      [
        'c.yaml:7:31 pools.edge.failback.delay: given, but nothing waits with mode: manual; allowed with mode: auto only',
      ],
    ],
    [
      'policy: failover',
      'policy: failover\n    failback: { mod: auto }',
      ['c.yaml:7:17 pools.edge.failback.mod: unknown key; allowed: mode, delay (did you mean "mode"?)'],
    ],
    [
      'policy: failover',
      'policy: failover\n    slowStrat: 5s',
      [
        'c.yaml:7:5 pools.edge.slowStrat: unknown key; allowed: targets, fallback, policy, probes, allDown, failback, slowStart, damping, minLive, maxShift, holdDown, handover and 2 more (did you mean "slowStart"?)',
      ],
    ],
    [
      'policy: failover',
      'policy: failover\n    target: {}',
      [
        'c.yaml:7:5 pools.edge.target: unknown key; allowed: targets, fallback, policy, probes, allDown, failback, slowStart, damping, minLive, maxShift, holdDown, handover and 2 more (did you mean "targets"?)',
      ],
    ],
  ])('refuses %j written as %j, with the place and what is allowed', (piece, by, faults) => {
    expect(faultsOf(soundWith(piece, by))).toEqual(faults)
  })
})
