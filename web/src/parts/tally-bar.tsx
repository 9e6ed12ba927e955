import { Box } from '@mantine/core'
import { useStrings } from '../strings/language.tsx'
import classes from './tally-bar.module.css'
import { useFormat } from './use-format.ts'

/** The states a campaign's people are in, best first, as the API counts them; they add up to `audience`. */
const PARTS = ['read', 'delivered', 'sent', 'failed', 'unknown', 'skipped', 'cancelled'] as const
export type Tally = Readonly<Record<(typeof PARTS)[number] | 'audience', number>>

/** How far a campaign is, as a bar of its counts; failed in red, doubt in violet. Says the same in words. */
export function TallyBar({ tally, height = 7 }: { readonly tally: Tally; readonly height?: number }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const shown = PARTS.filter((part) => tally[part] > 0)
  const words = shown.map((part) => `${named('tally', part)} ${format.number(tally[part])}`).join(', ')
  return (
    <Box className={classes.bar} h={height} role="img" aria-label={t('tally.label', { parts: words, audience: tally.audience })}>
      {shown.map((part) => (
        <Box key={part} className={classes.part} data-part={part} style={{ flexGrow: tally[part] }} />
      ))}
      <Box style={{ flexGrow: Math.max(0, tally.audience - shown.reduce((sum, part) => sum + tally[part], 0)) }} />
    </Box>
  )
}
