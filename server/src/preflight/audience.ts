import type { Waterfall } from '../campaigns/preview.ts'
import { type Check, type Finding, ok, people, seen, warning } from './finding.ts'

/** Of the waterfall, what is judged. */
export type AudienceFacts = Pick<
  Waterfall,
  'matched' | 'eligible' | 'excluded' | 'now' | 'restFrom' | 'quietHours' | 'asleep' | 'finish' | 'countries' | 'estimatedCost'
>

/** From this share of the people matched, who is left out is worth a look. */
const EXCLUDED_SHARE = 0.5

const AUDIENCE: Check = { code: 'audience', title: 'Who gets it', fix: '', pointer: '/contactFilter' }
const INCOMPLETE: Check = {
  code: 'audience.incomplete',
  title: 'Some people lack a value',
  fix: 'Give the variable a default, or fill in the contacts.',
  pointer: '/variables',
}
const EVERYONE: Check = {
  code: 'audience.everyone',
  title: 'It goes to everyone',
  fix: 'Add a condition, unless everyone is meant.',
  pointer: '/contactFilter',
}
const EXCLUDED: Check = {
  code: 'audience.excluded',
  title: 'Many are left out',
  fix: 'See in the count for which reasons, and whether these people were meant.',
  pointer: '/contactFilter',
}

export function judgeAudience({ matched, eligible, excluded }: AudienceFacts, isEveryone: boolean): Finding[] {
  const count = (reason: string) => excluded.find((one) => one.reason === reason)?.count ?? 0
  const [incomplete, doubles] = [count('missing_variable'), count('duplicate_phone')]
  const out = excluded.reduce((sum, one) => sum + one.count, 0)
  const findings: Finding[] = []
  if (eligible > 0)
    findings.push(
      ok(
        AUDIENCE,
        `${people(eligible)} of ${matched}${doubles === 0 ? '' : `; ${people(doubles)} share a number with another and get none`}.`,
        doubles === 0 ? seen('people', { count: eligible, matched }) : seen('doubles', { count: eligible, matched, doubles }),
      ),
    )
  if (isEveryone && eligible > 0) findings.push(warning(EVERYONE, `${people(eligible)}.`, seen('people', { count: eligible })))
  if (incomplete > 0)
    findings.push(
      warning(
        INCOMPLETE,
        `${people(incomplete)} would get no message${eligible === 0 ? ', and nobody is left' : ''}.`,
        seen(eligible === 0 ? 'all' : 'some', { count: incomplete }),
      ),
    )
  if (matched > 0 && out / matched >= EXCLUDED_SHARE)
    findings.push(
      warning(
        EXCLUDED,
        `${people(out)} of ${matched}, ${Math.round((out / matched) * 100)} %.`,
        seen('share', { count: out, matched, share: out / matched }),
      ),
    )
  return findings
}

const ROOM: Check = {
  code: 'room',
  title: 'Room under the 24-hour limit',
  fix: 'Let the rest go when room frees, send to fewer, or use a number with a higher limit.',
  pointer: '/senderId',
}
export const judgeRoom = ({ eligible, now, restFrom }: AudienceFacts): Finding =>
  restFrom === null
    ? ok(ROOM, 'Everybody fits.', seen('fits'))
    : warning(
        ROOM,
        now === 0
          ? `The limit is full: nobody goes before ${restFrom}.`
          : `${people(now)} can go now, ${people(eligible - now)} from ${restFrom} on.`,
        now === 0 ? seen('full', { at: restFrom }) : seen('later', { now, rest: eligible - now, at: restFrom }),
      )

const NIGHT: Check = {
  code: 'night',
  title: 'Quiet hours',
  fix: 'Let these people wait, or choose a start at which they are awake.',
  pointer: '/quietHours',
}
export function judgeNight({ quietHours, asleep }: AudienceFacts): Finding {
  if (quietHours === null) return ok(NIGHT, 'None are kept.', seen('none'))
  const hours = `${quietHours.from} to ${quietHours.to}`
  return asleep.people === 0
    ? ok(NIGHT, `${hours}; it is night for nobody when it starts.`, seen('nobody', { from: quietHours.from, to: quietHours.to }))
    : warning(
        NIGHT,
        `${hours}: when it starts it is night for ${people(asleep.people)}; the last of them wake at ${asleep.until}.`,
        seen('asleep', { from: quietHours.from, to: quietHours.to, count: asleep.people, until: asleep.until ?? '' }),
      )
}

const FINISH: Check = {
  code: 'finish',
  title: 'When it ends',
  fix: 'Wish a later end, send faster, or send to fewer.',
  pointer: '/finishBy',
}
/** @param finishBy the wished end */
export function judgeFinish({ finish: { expectedAt, late } }: AudienceFacts, finishBy: Date | null): Finding {
  if (expectedAt === null) return warning(FINISH, 'Not within a month.', seen('month'))
  return finishBy !== null && late > 0
    ? warning(
        FINISH,
        `${people(late)} would get it after ${finishBy.toISOString()}; the last at ${expectedAt}.`,
        seen('late', { count: late, finishBy: finishBy.toISOString(), at: expectedAt }),
      )
    : ok(FINISH, `About ${expectedAt}.`, seen('about', { at: expectedAt }))
}

const COST: Check = {
  code: 'cost',
  title: 'What it costs',
  fix: 'Enter a rate card that covers these countries, under Settings.',
  pointer: '',
}
/** Countries are named, the largest first. */
export function judgeCost({ eligible, estimatedCost, countries }: AudienceFacts): Finding | undefined {
  if (eligible === 0) return undefined
  if (estimatedCost !== null) return ok(COST, `About ${estimatedCost.amount} ${estimatedCost.currency}.`, seen('about', estimatedCost))
  const without = countries.filter(({ cost }) => cost === null).map(({ country }) => (country === '??' ? 'unknown' : country))
  return warning(
    COST,
    without.length === 0
      ? 'No rate card is in force.'
      : `Without a rate: ${without.slice(0, 10).join(', ')}${without.length > 10 ? ' …' : ''}.`,
    without.length === 0 ? seen('noCard') : seen('without', { countries: without.slice(0, 10).join(', ') }),
  )
}
