import { CLOCK_OFF_MAX_MS, clockOffMs } from '../dispatch/meta-watch.ts'
import { type Finding, fault, ok, warning } from './finding.ts'

/** A clock that is further off than this is told before it holds anything. */
const CLOCK_OFF_NOTABLE_MS = 5_000
/** Warned of while there is still time to make room. */
const ROOM_TIMES = 4
const MEGABYTE = 1_048_576

const SYNCHRONISE = 'Synchronise the clock by NTP (for example systemd-timesyncd or chrony) on the machine that is wrong.'

export interface ClockFacts {
  /** How far the database's clock is ahead of ours. */
  readonly databaseAheadMs: number
  /** Meta's `Date` header, with our time when it came; undefined: no answer of Meta. */
  readonly meta: { readonly date: string | undefined; readonly at: Date } | undefined
}

export function judgeClock({ databaseAheadMs, meta }: ClockFacts): Finding[] {
  const told = meta === undefined ? undefined : clockOffMs(meta.date, meta.at)
  return [
    judgeOffset('clock.database', 'the database’s', -databaseAheadMs),
    ...(meta === undefined || told === undefined
      ? [warning('clock.meta', 'Meta did not say what time it is.', 'Let this machine reach META_GRAPH_BASE_URL, and look again.')]
      : [judgeOffset('clock.meta', 'Meta’s', told)]),
  ]
}

/** @param offMs how far our clock is ahead */
function judgeOffset(code: string, whose: string, offMs: number): Finding {
  const off = Math.abs(offMs)
  if (off <= CLOCK_OFF_NOTABLE_MS) return ok(code, `Agrees with ${whose}.`)
  const seen = `This machine’s clock is ${Math.round(off / 1_000)} s ${offMs > 0 ? 'ahead of' : 'behind'} ${whose}.`
  return (off > CLOCK_OFF_MAX_MS ? fault : warning)(code, seen, SYNCHRONISE)
}

/** @param freeBytes undefined: the database's disk is another machine's */
export function judgeDisk(freeBytes: number | undefined, leastMb: number): Finding {
  if (freeBytes === undefined)
    return ok('disk.space', 'The database is not the embedded one: its disk cannot be seen from here, watch it there.')
  const free = `${Math.floor(freeBytes / MEGABYTE)} MB left where the database lies; sending stops below ${leastMb} MB.`
  if (freeBytes >= leastMb * MEGABYTE * ROOM_TIMES) return ok('disk.space', free)
  const fix = 'Make room on the disk of DATA_DIR, or move DATA_DIR to a larger one while Fanfare is stopped.'
  return (freeBytes < leastMb * MEGABYTE ? fault : warning)('disk.space', free, fix)
}

export interface KeyFacts {
  readonly hasKey: boolean
  readonly current: number
  readonly former: number
  readonly none: number
  /** Accounts whose token or secret does not open, by name. */
  readonly closedAccounts: readonly string[]
}

export function judgeKeys({ hasKey, current, former, none, closedAccounts }: KeyFacts): Finding[] {
  const code = 'encryption.key'
  if (!hasKey)
    return [fault(code, 'There is no encryption key.', 'Set ENCRYPTION_KEY, or put DATA_DIR/encryption-key back from where you keep it.')]
  if (none > 0)
    return [
      fault(
        code,
        `${none} of ${current + former + none} data keys do not open.`,
        'Set the ENCRYPTION_KEY this database was encrypted with, or add it to FORMER_ENCRYPTION_KEYS.',
      ),
    ]
  return [
    former > 0
      ? warning(code, `${former} data keys open with a former key only.`, 'Run `npm run fanfare -- rotate-keys` once.')
      : ok(code, current === 0 ? 'Nothing is encrypted yet.' : 'Every data key opens.'),
    closedAccounts.length === 0
      ? ok('encryption.secrets', 'Every stored token and secret opens.')
      : fault(
          'encryption.secrets',
          'Its token or secret does not open: the row was changed or moved.',
          'Enter access token and app secret of the account again.',
          { subject: closedAccounts.join(', ') },
        ),
  ]
}

export interface EpochFacts {
  /** The highest epoch this host saw; undefined: none. */
  readonly seen: number | undefined
  readonly epoch: number
  /** The mark the database holds, and INSTALL_EPOCH. */
  readonly mark: string | null
  readonly configured: string | undefined
}

/** @param facts undefined: Fanfare never started on this database */
export function judgeEpoch(facts: EpochFacts | undefined): Finding {
  const code = 'install.epoch'
  if (facts === undefined) return warning(code, 'Fanfare never started on this database.', 'Run `npm start` once.')
  const { seen, epoch, mark, configured } = facts
  const restored = 'Every number is held at the next start: find out what went out since that copy was made, then resume each.'
  if (seen !== undefined && seen > epoch)
    return fault(code, `The database is at epoch ${epoch}, this host saw ${seen}: it is an older copy.`, restored)
  if (configured !== undefined && mark !== null && mark !== configured)
    return fault(code, `INSTALL_EPOCH is not the mark of this database (${mark}).`, restored)
  return ok(code, `Epoch ${epoch}: the database is the one that was last used.`)
}
