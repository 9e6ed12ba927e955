import { Alert, Paper, Text } from '@mantine/core'
import { IconAlertTriangle, IconPlayerPause, IconUsersMinus } from '@tabler/icons-react'
import { EmptyState } from '../../parts/states.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { When } from '../../parts/when.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'

/** Why nothing is sent right now, since when, and what to do about it. */
export function HoldNotice({ campaign: { hold } }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  if (hold === null) return null
  return (
    <Alert icon={<IconPlayerPause aria-hidden />} color="yellow" title={named('hold', hold.reason)}>
      <Text size="sm" className="typed">
        {hold.detail}
      </Text>
      <Text size="sm" mt={4} fw={500}>
        {named('holdAdvice', hold.reason)}
      </Text>
      <Text size="xs" c="dimmed" mt={4} component="div">
        {t('campaign.heldSince')} <When at={hold.since} span />
        {hold.autoResumeAt !== null && (
          <>
            {' · '}
            {t('campaign.goesOn')} <When at={hold.autoResumeAt} span />
          </>
        )}
      </Text>
    </Alert>
  )
}

/** In place of its people once they are no longer kept. */
export function PeopleNotKept({ at }: { readonly at: string }) {
  const { t } = useStrings()
  const format = useFormat()
  return (
    <Paper bg="var(--surface-card)" component="section">
      <EmptyState
        icon={IconUsersMinus}
        title={t('campaign.peopleNotKept')}
        hint={t('campaign.peopleNotKeptHint', { at: format.dateTime(at) })}
      />
    </Paper>
  )
}

/** Why it could not start at all. */
export function StopNotice({ campaign: { failureReason } }: { readonly campaign: Campaign }) {
  if (failureReason === null) return null
  return (
    <Alert icon={<IconAlertTriangle aria-hidden />} color="red" title={failureReason.title}>
      <Text size="sm" className="typed">
        {failureReason.detail}
      </Text>
    </Alert>
  )
}
