import { Group, Stack, Text } from '@mantine/core'
import { CampaignLink } from '../campaigns/campaign-link.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { TallyBar } from '../parts/tally-bar.tsx'
import { useFormat } from '../parts/use-format.ts'
import { useNow } from '../parts/use-now.ts'
import { useStrings } from '../strings/language.tsx'
import { Card } from './card.tsx'
import type { Dashboard } from './queries.ts'

type Running = Dashboard['running'][number]

/** What is being sent now, with how far it is. */
export function RunningCard({ running }: { readonly running: Dashboard['running'] }) {
  const { t } = useStrings()
  return (
    <Card title={t('dashboard.running')} empty={running.length === 0 ? t('dashboard.nothingRuns') : undefined}>
      <Stack gap="md">
        {running.map((campaign) => (
          <div key={campaign.id}>
            <Group justify="space-between" wrap="nowrap" mb={4}>
              <CampaignLink campaign={campaign} />
              {campaign.hold !== null && <StatusChip status="Held" />}
            </Group>
            <TallyBar tally={campaign.counts} />
            <Text size="xs" c="dimmed" mt={4}>
              <Standing campaign={campaign} />
            </Text>
          </div>
        ))}
      </Stack>
    </Card>
  )
}

function Standing({ campaign: { counts, funnel, hold, progress } }: { readonly campaign: Running }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const now = useNow(5_000)
  if (counts.audience === 0) return t('campaigns.freezing')
  const parts = [t('campaigns.sentOf', { sent: funnel.sent, audience: counts.audience })]
  if (hold !== null) parts.push(named('hold', hold.reason))
  else if (progress !== null && progress.etaAt !== null)
    parts.push(t('campaign.paceEta', { rate: format.number(progress.ratePerSecond), eta: format.remaining(progress.etaAt, now) }))
  return parts.join(' · ')
}
