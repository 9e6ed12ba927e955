import { Anchor, Group, Paper, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem } from '../../api/problem.ts'
import { useEvents } from '../../live/event-stream.ts'
import { AsOf } from '../../parts/as-of.tsx'
import { NumberChip } from '../../parts/number-chip.tsx'
import { Page } from '../../parts/page.tsx'
import { Splash } from '../../parts/splash.tsx'
import { FailureState } from '../../parts/states.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { useSession } from '../../session/session.tsx'
import { NotFoundPage } from '../../shell/error-pages.tsx'
import { useStrings } from '../../strings/language.tsx'
import { templateQuery } from '../../templates/queries.ts'
import { type Campaign, campaignQuery } from '../queries.ts'
import { campaignRoute } from '../routes.ts'
import { useNumbers } from '../use-numbers.ts'
import { ActBar } from './act-bar.tsx'
import { ButtonsCard } from './buttons-card.tsx'
import { Deliveries } from './deliveries.tsx'
import classes from './detail.module.css'
import { FailuresCard } from './failures-card.tsx'
import { Funnel } from './funnel.tsx'
import { MessageCard } from './message-card.tsx'
import { HoldNotice, PeopleNotKept, StopNotice } from './notices.tsx'
import { ProgressCard } from './progress-card.tsx'
import { RecipientDrawer } from './recipient-drawer.tsx'
import { RepliesCard } from './replies-card.tsx'
import { Tiles } from './tiles.tsx'
import { TimelineCard } from './timeline-card.tsx'
import { UnknownCard } from './unknown-card.tsx'

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
  const still = useStill(campaign)
  const { t, named } = useStrings()
  const queries = useQueryClient()
  const [seenAt, setSeenAt] = useState<number>(() => Date.now())
  const stream = useEvents(`/api/v1/WhatsappCampaign/${campaign.id}/events`, ({ data }) => {
    const news = JSON.parse(data) as Partial<Campaign>
    setSeenAt(Date.now())
    const { queryKey } = campaignQuery(campaign.id)
    queries.setQueryData(queryKey, (old) => old && { ...old, ...news })
    // what may be done is the server's to say, and follows its status
    if (standingOf(news) !== standingOf(campaign)) void queries.invalidateQueries({ queryKey })
    if (news.status !== campaign.status) void queries.invalidateQueries({ queryKey: ['campaigns', 'report', campaign.id] })
  })
  return (
    <Page
      title={campaign.name}
      subtitle={`${campaign.template.name} · ${campaign.template.language} · ${named('category', campaign.template.category)}`}
      beside={<StatusChip status={campaign.hold === null ? campaign.status : 'Held'} />}
      actions={<ActBar campaign={still} />}
    >
      <Group justify="space-between" mb="sm">
        <Group gap="md">
          <Anchor size="sm" renderRoot={(props) => <Link to="/campaigns" {...props} />}>
            {t('campaigns.toList')}
          </Anchor>
          {campaign.parentId !== null && (
            <Anchor
              size="sm"
              renderRoot={(props) => <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.parentId ?? '' }} {...props} />}
            >
              {t('campaign.toParent')}
            </Anchor>
          )}
        </Group>
        <Group gap="md">
          <SendingNumber campaign={campaign} />
          <AsOf at={seenAt} stream={stream} />
        </Group>
      </Group>
      <Stack>
        <HoldNotice campaign={campaign} />
        <StopNotice campaign={campaign} />
        {campaign.counts.audience === 0 ? <NotStarted campaign={campaign} /> : <Report campaign={campaign} still={still} />}
      </Stack>
    </Page>
  )
}

/** Which number it goes out from and how Meta rates it, while that still matters. */
function SendingNumber({ campaign: { senderId, status, templateId } }: { readonly campaign: Campaign }) {
  const { may } = useSession()
  const isOpen = status === 'Draft' || status === 'Scheduled' || status === 'Running'
  const template = useQuery({ ...templateQuery(templateId), enabled: isOpen && may('WhatsappTemplate:View') })
  const numbers = useNumbers(isOpen ? template.data?.accountId : undefined).data?.items
  const number = numbers?.find(({ id, isDefault }) => (senderId === null ? isDefault : id === senderId))
  return number && <NumberChip number={number} isQuiet />
}

/** The same object until more than its figures changes: what shows none of them need not be drawn twice a second. */
function useStill(campaign: Campaign): Campaign {
  const [still, setStill] = useState(campaign)
  const isStill = steadyOf(still) === steadyOf(campaign)
  if (!isStill) setStill(campaign)
  return isStill ? still : campaign
}
const steadyOf = (campaign: Campaign) =>
  JSON.stringify([campaign.id, campaign.name, campaign.actions, campaign.peopleDeletedAt, standingOf(campaign)])
const standingOf = ({ status, hold, counts }: Partial<Campaign>) => `${status} ${hold?.reason} ${(counts?.unknown ?? 0) > 0}`

/** Before anybody was gathered: what it is, and how many would get it. */
function NotStarted({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const isGathering = campaign.status === 'Running'
  return (
    <div className={classes.beside}>
      <Paper p="lg" bg="var(--surface-card)">
        <Text>{isGathering ? t('campaigns.freezing') : t('campaigns.estimated', { count: campaign.estimatedAudience ?? 0 })}</Text>
      </Paper>
      <MessageCard campaign={campaign} />
    </div>
  )
}

function Report({ campaign, still }: { readonly campaign: Campaign; readonly still: Campaign }) {
  return (
    <>
      <ProgressCard campaign={campaign} />
      <Tiles campaign={campaign} />
      <div className={classes.beside}>
        <Stack miw={0}>
          <Funnel campaign={campaign} />
          <TimelineCard campaign={still} />
        </Stack>
        <MessageCard campaign={still} />
      </div>
      {still.peopleDeletedAt === null && <UnknownCard campaign={campaign} />}
      <div className={classes.halves}>
        <FailuresCard campaign={still} />
        <Stack miw={0}>
          <ButtonsCard campaign={still} />
          {still.peopleDeletedAt === null && <RepliesCard campaign={still} />}
        </Stack>
      </div>
      {still.peopleDeletedAt === null ? (
        <>
          <Deliveries campaign={still} />
          <RecipientDrawer campaign={still} />
        </>
      ) : (
        <PeopleNotKept at={still.peopleDeletedAt} />
      )}
    </>
  )
}
