/** A test that lives in a network namespace itself, for a while: what it opens, and what it starts, is there. Linux, root and koffi needed. */
import { closeSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'

const CLONE_NEWNET = 0x4000_0000

/** Moves this thread there (setns(2)); `path` as `Namespaces.path` tells it. What is returned takes it back. */
export function enterNamespace(path: string): () => void {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default
  const setns = koffi.load(null).func('setns', 'int', ['int', 'int'])
  const go = (fd: number, where: string) => {
    if (setns(fd, CLONE_NEWNET) !== 0) throw new Error(`setns ${where}: errno ${koffi.errno()}`)
  }
  const before = openSync('/proc/thread-self/ns/net', 'r')
  const there = openSync(`/run/netns/${path}`, 'r')
  try {
    go(there, path)
  } finally {
    closeSync(there)
  }
  return () => {
    go(before, 'back')
    closeSync(before)
  }
}
