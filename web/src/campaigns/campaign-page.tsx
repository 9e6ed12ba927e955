import { Alert, Anchor, Group, Paper, SimpleGrid, Stack, Text } from '@mantine/core'
import { IconPlayerPause } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem } from '../api/problem.ts'
import { useEvents } from '../live/event-stream.ts'
import { AsOf } from '../parts/as-of.tsx'
import { Page } from '../parts/page.tsx'
import { Splash } from '../parts/splash.tsx'
import { FailureState } from '../parts/states.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { TallyBar } from '../parts/tally-bar.tsx'
import { useFormat } from '../parts/use-format.ts'
import { NotFoundPage } from '../shell/error-pages.tsx'
import { useStrings } from '../strings/language.tsx'
import { CampaignMenu } from './menu.tsx'
import { type Campaign, campaignQuery } from './queries.ts'
import { campaignRoute } from './routes.ts'

/** One campaign, live: its figures follow the server's event stream. */
export default function CampaignPage() {
  const { campaignId } = campaignRoute.useParams()
  const campaign = useQuery(campaignQuery(campaignId))
  if (campaign.error instanceof ApiProblem && campaign.error.status === 404) return <NotFoundPage />
  if (campaign.data === undefined && campaign.error !== null)
    return <FailureState error={campaign.error} onRetry={() => void campaign.refetch()} />
  if (campaign.data === undefined) return <Splash />
  return <LiveCampaign campaign={campaign.data} />
}

function LiveCampaign({ campaign }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  const queries = useQueryClient()
  const [seenAt, setSeenAt] = useState<number>(() => Date.now())
  const stream = useEvents(`/api/v1/WhatsappCampaign/${campaign.id}/events`, ({ data }) => {
    const news = JSON.parse(data) as Partial<Campaign>
    setSeenAt(Date.now())
    const { queryKey } = campaignQuery(campaign.id)
    queries.setQueryData(queryKey, (old) => old && { ...old, ...news })
    // what may be done is the server's to say, and follows its status
    if (news.status !== campaign.status || news.hold?.reason !== campaign.hold?.reason) void queries.invalidateQueries({ queryKey })
  })
  return (
    <Page
      title={campaign.name}
      subtitle={`${campaign.template.name} · ${campaign.template.language} · ${named('category', campaign.template.category)}`}
      beside={<StatusChip status={campaign.hold === null ? campaign.status : 'Held'} />}
      actions={<CampaignMenu campaign={campaign} />}
    >
      <Group justify="space-between" mb="sm">
        <Anchor size="sm" renderRoot={(props) => <Link to="/campaigns" {...props} />}>
          {t('campaigns.toList')}
        </Anchor>
        <AsOf at={seenAt} stream={stream} />
      </Group>
      {campaign.hold !== null && (
        <Alert icon={<IconPlayerPause aria-hidden />} color="yellow" title={named('hold', campaign.hold.reason)} mb="md">
          {campaign.hold.detail}
        </Alert>
      )}
      <Figures campaign={campaign} />
    </Page>
  )
}

const TILES = ['sent', 'delivered', 'read', 'clicked', 'replied', 'optedOut'] as const

function Figures({ campaign: { counts, funnel, estimatedAudience } }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const tile = (name: string, value: number, of: number) => (
    <Paper key={name} p="md" bg="var(--surface-card)">
      <Text size="xs" c="dimmed" fw={500}>
        {named('tally', name)}
      </Text>
      <Text fz="1.375rem" fw={650} className="number">
        {format.number(value)}
      </Text>
      <Text size="xs" c="dimmed" className="number">
        {t('campaigns.shareOf', { share: format.share(of === 0 ? null : value / of), total: of })}
      </Text>
    </Paper>
  )
  if (counts.audience === 0)
    return (
      <Paper p="lg" bg="var(--surface-card)">
        <Text>{t('campaigns.estimated', { count: estimatedAudience ?? 0 })}</Text>
      </Paper>
    )
  return (
    <Stack>
      <Paper p="md" bg="var(--surface-card)">
        <Text size="sm" mb={8} className="number">
          {t('campaigns.sentOf', { sent: funnel.sent, audience: counts.audience })}
        </Text>
        <TallyBar tally={counts} height={12} />
      </Paper>
      <SimpleGrid cols={{ base: 2, sm: 4 }}>
        {TILES.map((name) => tile(name, funnel[name], counts.audience))}
        {tile('failed', counts.failed, counts.audience)}
        {tile('unknown', counts.unknown, counts.audience)}
      </SimpleGrid>
    </Stack>
  )
}
