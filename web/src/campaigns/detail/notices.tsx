import { Alert, Text } from '@mantine/core'
import { IconAlertTriangle, IconPlayerPause } from '@tabler/icons-react'
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
