import { PHONES, stormOf } from '../../test/support/registration-storm.ts'

/** Ten thousand phones on two servers, one of which dies: what reaches the other one. */
export function storm(print: (line: string) => void): void {
  print(
    `${PHONES} phones over TLS on two servers of one tier, one dies: registrations that reach the other one`,
  )
  print('| handover | most in a second | until all are back |')
  print('|---|---|---|')
  for (const handoverS of [0, 60, 120, 300]) {
    const { peak, overS } = stormOf(handoverS * 1000)
    print(`| ${handoverS === 0 ? 'off' : `${handoverS} s`} | ${peak} | ${overS} s |`)
  }
  print('')
}
