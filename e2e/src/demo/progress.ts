import type { Campaign } from '../world.ts'

const number = new Intl.NumberFormat('en')
const BAR = 32

/** One line for a terminal: bar, share, rate, what became of the messages, time left. */
export function progressLine(campaign: Campaign, now: Date): string {
  const { counts, funnel, progress } = campaign
  const total = Math.max(1, counts.audience)
  const done = counts.audience - counts.pending
  const filled = Math.round((done / total) * BAR)
  const eta = progress?.etaAt ? `${Math.max(0, Math.ceil((Date.parse(progress.etaAt) - now.getTime()) / 1000))} s left` : ''
  return [
    `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${String(Math.floor((done / total) * 100)).padStart(3)} %`,
    `${Math.round(progress?.ratePerSecond ?? 0)}/s`,
    `sent ${number.format(funnel.sent)}`,
    `delivered ${number.format(funnel.delivered)}`,
    `read ${number.format(funnel.read)}`,
    `failed ${number.format(counts.failed)}`,
    ...(counts.unknown > 0 ? [`unconfirmed ${number.format(counts.unknown)}`] : []),
    eta,
  ]
    .filter(Boolean)
    .join('  ')
}

/** The closing report: every number with its denominator, and the proof that they add up. */
export function report(campaign: Campaign, accepted: number, twice: number): string {
  const { counts, funnel } = campaign
  const share = (part: number, whole: number) => (whole === 0 ? '' : `  ${((part / whole) * 100).toFixed(1)} % of ${number.format(whole)}`)
  const rows: [string, number, string][] = [
    ['Audience', counts.audience, ''],
    ['Sent', funnel.sent, share(funnel.sent, counts.audience)],
    ['Delivered', funnel.delivered, share(funnel.delivered, funnel.sent)],
    ['Read', funnel.read, share(funnel.read, funnel.delivered)],
    ['Clicked', funnel.clicked, share(funnel.clicked, funnel.delivered)],
    ['Replied', funnel.replied, ''],
    ['Opted out', funnel.optedOut, ''],
    ['Failed', counts.failed, share(counts.failed, counts.audience)],
    ['Skipped', counts.skipped, ''],
    ['Unconfirmed', counts.unknown, ''],
  ]
  const states =
    counts.pending + counts.sent + counts.delivered + counts.read + counts.failed + counts.skipped + counts.unknown + counts.cancelled
  return [
    ...rows.map(([name, value, of]) => `  ${name.padEnd(12)} ${number.format(value).padStart(9)}${of}`),
    '',
    `  States add up to ${number.format(states)} of ${number.format(counts.audience)}.`,
    `  The simulator's ledger: ${number.format(accepted)} accepted, ${number.format(twice)} people messaged twice.`,
  ].join('\n')
}
