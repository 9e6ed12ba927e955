/** `ok`: looked at and good. `warning`: works, and somebody should know. `fault`: something does not work, or will not. */
export type Severity = 'ok' | 'warning' | 'fault'

/** What one check saw. `code` is stable: programs branch on it. */
export interface Finding {
  readonly code: string
  readonly severity: Severity
  /** Which one, when there are several: a setting, an account, a number. */
  readonly subject: string | null
  readonly seen: string
  /** One sentence: what to do. Null when all is well. */
  readonly fix: string | null
}

type About = { readonly subject?: string | undefined }

export const ok = (code: string, seen: string, { subject }: About = {}): Finding => ({
  code,
  severity: 'ok',
  subject: subject ?? null,
  seen,
  fix: null,
})
export const warning = (code: string, seen: string, fix: string, { subject }: About = {}): Finding => ({
  code,
  severity: 'warning',
  subject: subject ?? null,
  seen,
  fix,
})
export const fault = (code: string, seen: string, fix: string, { subject }: About = {}): Finding => ({
  code,
  severity: 'fault',
  subject: subject ?? null,
  seen,
  fix,
})

export const isHealthy = (findings: readonly Finding[]): boolean => findings.every(({ severity }) => severity !== 'fault')

const MARK: Record<Severity, string> = { ok: 'ok', warning: 'warning', fault: 'FAULT' }

/** What a person reads: a line per check, below it what to do; then the sum. */
export function reportOf(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ code }) => code.length))
  const lines = findings.flatMap(({ code, severity, subject, seen, fix }) => [
    `${MARK[severity].padEnd(7)}  ${code.padEnd(width)}  ${subject === null ? '' : `${subject}: `}${seen}`,
    ...(fix === null ? [] : [`${' '.repeat(11 + width)}→ ${fix}`]),
  ])
  const count = (wanted: Severity) => findings.filter(({ severity }) => severity === wanted).length
  return [...lines, '', `${findings.length} checks: ${count('fault')} faults, ${count('warning')} warnings`].join('\n')
}
