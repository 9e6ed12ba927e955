import { IconAlertTriangle, IconCircleCheck, IconHelpCircle, type IconProps } from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { useStrings } from '../strings/language.tsx'
import type { PhoneNumber } from './most-telling.ts'
import classes from './status-chip.module.css'

const LOOKS: Readonly<Record<string, readonly [string, ComponentType<IconProps>]>> = {
  GREEN: ['ok', IconCircleCheck],
  YELLOW: ['warn', IconAlertTriangle],
  RED: ['bad', IconAlertTriangle],
}

/** A number that sends and what Meta thinks of it; one that is not connected says that instead. @param isQuiet as a line of text */
export function NumberChip({ number, isQuiet = false }: { readonly number: PhoneNumber; readonly isQuiet?: boolean }) {
  const { displayPhoneNumber, status, qualityRating } = number
  const { t, named } = useStrings()
  const isConnected = status === 'CONNECTED'
  const [tone, Icon] = isConnected ? (LOOKS[qualityRating] ?? ['idle', IconHelpCircle]) : (['bad', IconAlertTriangle] as const)
  return (
    <span className={classes.chip} data-tone={tone} data-quiet={isQuiet || undefined}>
      <Icon size={14} aria-hidden />
      <bdi dir="ltr" className="number">
        {displayPhoneNumber}
      </bdi>
      <span>· {isConnected ? t('numbers.qualityIs', { quality: named('quality', qualityRating) }) : named('numberStatus', status)}</span>
    </span>
  )
}
