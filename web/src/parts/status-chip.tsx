import type { IconProps } from '@tabler/icons-react'
import {
  IconAlertTriangle,
  IconArrowForward,
  IconBan,
  IconCheck,
  IconChecks,
  IconCircleCheck,
  IconClock,
  IconFileText,
  IconHelpCircle,
  IconHourglass,
  IconPlayerPause,
  IconPlayerPlay,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { useStrings } from '../strings/language.tsx'
import classes from './status-chip.module.css'

type Tone = 'ok' | 'info' | 'done' | 'idle' | 'warn' | 'bad' | 'doubt'
/** Colour and icon of every status: never colour alone. */
const LOOKS: Readonly<Record<string, readonly [Tone, ComponentType<IconProps>]>> = {
  // campaigns
  Draft: ['idle', IconFileText],
  Scheduled: ['info', IconClock],
  Running: ['ok', IconPlayerPlay],
  Held: ['warn', IconPlayerPause],
  Completed: ['done', IconCircleCheck],
  Failed: ['bad', IconAlertTriangle],
  Cancelled: ['idle', IconBan],
  // recipients
  Pending: ['idle', IconHourglass],
  Sent: ['info', IconCheck],
  Delivered: ['done', IconChecks],
  Read: ['ok', IconChecks],
  Skipped: ['idle', IconArrowForward],
  Unknown: ['doubt', IconHelpCircle],
  // experiments
  Starting: ['info', IconHourglass],
  Testing: ['ok', IconPlayerPlay],
  Decided: ['done', IconCircleCheck],
  // recurring campaigns
  Paused: ['warn', IconPlayerPause],
  Ended: ['idle', IconCircleCheck],
  // contacts
  Active: ['ok', IconCircleCheck],
  Inactive: ['idle', IconPlayerPause],
  OptedOut: ['warn', IconBan],
  // templates, as Meta names them
  APPROVED: ['ok', IconCircleCheck],
  PENDING: ['info', IconHourglass],
  REJECTED: ['bad', IconBan],
  PAUSED: ['warn', IconPlayerPause],
  DISABLED: ['bad', IconBan],
}

/** A status by the API's own word; a word nobody knows yet is shown as it came. */
export function StatusChip({ status }: { readonly status: string }) {
  const { named } = useStrings()
  const [tone, Icon] = LOOKS[status] ?? ['idle', IconHelpCircle]
  return (
    <span className={classes.chip} data-tone={tone}>
      <Icon size={14} stroke={2} aria-hidden />
      {named('status', status)}
    </span>
  )
}
