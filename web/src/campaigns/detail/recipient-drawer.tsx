import { Alert, Anchor, Box, Group, Skeleton, Stack, Text, Timeline } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { memo } from 'react'
import { SidePanel } from '../../parts/side-panel.tsx'
import { FailureState } from '../../parts/states.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { renderedMessage } from '../../preview/message.ts'
import { PhonePreview } from '../../preview/phone-preview.tsx'
import { useSession } from '../../session/session.tsx'
import { useFailureWords } from '../../strings/failure-words.ts'
import { useStrings } from '../../strings/language.tsx'
import { languageName } from '../../templates/language-name.ts'
import { templateQuery } from '../../templates/queries.ts'
import type { Campaign } from '../queries.ts'
import { campaignRoute } from '../routes.ts'
import { useSenderName } from '../use-numbers.ts'
import { trailQuery } from './queries.ts'

/** One recipient with everything that happened to their message, and the message as it was written for them. */
export const RecipientDrawer = memo(function RecipientDrawer({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const { recipient } = campaignRoute.useSearch()
  const navigate = useNavigate({ from: campaignRoute.fullPath })
  return (
    <SidePanel
      opened={recipient !== undefined}
      onClose={() => void navigate({ search: (old) => ({ ...old, recipient: undefined }), resetScroll: false })}
      title={t('campaign.recipient')}
    >
      {recipient !== undefined && <Trail campaign={campaign} contactId={recipient} />}
    </SidePanel>
  )
})

const EMPTY = { header: { kind: 'text' as const, text: '' }, body: '', footer: null, buttons: [], cards: [] }

function Trail({ campaign, contactId }: { readonly campaign: Campaign; readonly contactId: string }) {
  const { t, named, locale } = useStrings()
  const words = useFailureWords()
  const { may } = useSession()
  const template = useQuery({ ...templateQuery(campaign.templateId), enabled: may('WhatsappTemplate:View') })
  const sender = useSenderName(template.data?.accountId, campaign.senderId)
  const format = useFormat()
  const trail = useQuery(trailQuery(campaign.id, contactId, campaign.status === 'Running'))
  const { data } = trail
  if (data === undefined && trail.error !== null) return <FailureState error={trail.error} onRetry={() => void trail.refetch()} />
  if (data === undefined)
    return (
      <Stack aria-busy role="status" aria-label={t('list.loading', { label: t('campaign.recipient') })}>
        <Skeleton height={24} width="60%" />
        <Skeleton height={14} width="40%" />
        <Skeleton height={220} />
      </Stack>
    )
  const { text } = data
  return (
    <Stack>
      <Box>
        <Group gap="xs">
          <Text component="h3" fw={650} fz="h3" className="typed">
            {data.name ?? data.phone ?? t('campaign.noName')}
          </Text>
          <StatusChip status={data.status} />
        </Group>
        <Text size="sm" c="dimmed">
          <bdi>{data.phone}</bdi>
          {campaign.languages === 'family' && data.language !== null && ` · ${languageName(data.language, locale)}`}
        </Text>
        <Anchor size="sm" renderRoot={(props) => <Link to="/contacts/$contactId" params={{ contactId }} {...props} />}>
          {t('campaign.toContact')}
        </Anchor>
      </Box>
      {data.status === 'Failed' && (
        <Alert color="red" title={words.titleOf(data.errorCode, data.errorTitle)}>
          {words.adviceOf(data.errorCode, data.errorAdvice)}
          {data.errorCode !== null && (
            <Text size="xs" c="dimmed" mt={4} className="number">
              {t('campaign.code', { code: String(data.errorCode) })}
            </Text>
          )}
        </Alert>
      )}
      {data.status === 'Skipped' && data.reason !== null && <Alert color="gray" title={named('skipReason', data.reason)} />}
      {data.status === 'Unknown' && <Alert color="grape">{t('unknown.hint')}</Alert>}
      <section>
        <Text component="h3" fw={600} size="sm" mb="sm">
          {t('campaign.trail')}
        </Text>
        <Timeline bulletSize={14} lineWidth={2} active={data.events.length}>
          {data.events.map((event) => (
            <Timeline.Item
              key={`${event.at} ${event.kind} ${event.detail}`}
              title={
                <Text size="sm" fw={500}>
                  {named('trail', event.kind)}
                </Text>
              }
            >
              {event.detail !== '' && (
                <Text size="xs" className="typed">
                  {event.kind === 'skipped' ? named('skipReason', event.detail) : event.detail}
                </Text>
              )}
              <Text size="xs" c="dimmed" className="number">
                <time dateTime={event.at}>{format.exact(event.at)}</time>
              </Text>
            </Timeline.Item>
          ))}
        </Timeline>
      </section>
      {text !== null && (
        <PhonePreview
          title={t('campaign.asSent')}
          sender={sender}
          message={renderedMessage({ ...EMPTY, header: text.header === null ? null : EMPTY.header }, text)}
        />
      )}
    </Stack>
  )
}
