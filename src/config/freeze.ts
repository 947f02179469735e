/** Freezes plain data through and through; maps refuse to be written to. Returns its argument. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Map) {
    for (const entry of value.values()) deepFreeze(entry)
    // Object.freeze stops properties only; a map's content lies behind its methods.
    for (const method of ['set', 'delete', 'clear'] as const) {
      Object.defineProperty(value, method, { value: refuseWrite, enumerable: false })
    }
  }
  Object.freeze(value)
  for (const key of Reflect.ownKeys(value)) deepFreeze((value as Record<PropertyKey, unknown>)[key])
  return value
}

function refuseWrite(): never {
  throw new TypeError('settings are frozen')
}
