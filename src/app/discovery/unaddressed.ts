import type { Settings } from '../../core/settings.ts'

/** Names of the pools none of whose targets has an address yet: what they answer now is no word to overwrite a managed zone with. */
export function unaddressedPools({ pools }: Pick<Settings, 'pools'>): string[] {
  const all = [...pools.values()]
  return all
    .filter(({ targets }) => targets.every(({ addresses }) => addresses.length === 0))
    .map(({ name }) => name)
}
