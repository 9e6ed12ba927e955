import { Paper } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { memo } from 'react'
import { examplesOf, messageOf } from '../../preview/message.ts'
import { PhonePreview } from '../../preview/phone-preview.tsx'
import { useSession } from '../../session/session.tsx'
import { useStrings } from '../../strings/language.tsx'
import { templateQuery } from '../../templates/queries.ts'
import type { Campaign } from '../queries.ts'
import { useSenderName } from '../use-numbers.ts'

/** The template of the campaign, with its own examples; each person's text is in their trail. */
export const MessageCard = memo(function MessageCard({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const { may } = useSession()
  const template = useQuery({ ...templateQuery(campaign.templateId), enabled: may('WhatsappTemplate:View') })
  const sender = useSenderName(template.data?.accountId, campaign.senderId)
  if (template.data === undefined) return null
  const { components, parameters } = template.data
  const link = typeof campaign.headerMedia?.link === 'string' ? campaign.headerMedia.link : null
  return (
    <Paper p="md" bg="var(--surface-card)">
      <PhonePreview title={t('campaign.message')} sender={sender} message={messageOf(components, examplesOf(parameters), link)} />
    </Paper>
  )
})
