import { type Finding, fault, ok } from './finding.ts'

/** @param faults as `readConfig` reports them, `NAME: why`; they hold no value */
export function judgeSettings(faults: readonly string[]): Finding[] {
  if (faults.length === 0) return [ok('settings.valid', 'Every setting can be read.')]
  return faults.map((line) => {
    const [name = '', ...why] = line.split(': ')
    return fault('settings.valid', why.join(': '), `Correct ${name} in the environment of every process; nothing starts before.`, {
      subject: name,
    })
  })
}
