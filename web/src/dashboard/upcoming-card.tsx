import { Group, Stack, Text } from '@mantine/core'
import { CampaignLink } from '../campaigns/campaign-link.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { useFormat } from '../parts/use-format.ts'
import { When } from '../parts/when.tsx'
import { useStrings } from '../strings/language.tsx'
import { Card } from './card.tsx'
import type { Dashboard } from './queries.ts'

/** The next campaigns to start, soonest first. */
export function UpcomingCard({ upcoming }: { readonly upcoming: Dashboard['upcoming'] }) {
  const { t } = useStrings()
  const format = useFormat()
  return (
    <Card title={t('dashboard.upcoming')} empty={upcoming.length === 0 ? t('dashboard.nothingScheduled') : undefined}>
      <Stack gap="sm">
        {upcoming.map((campaign) => (
          <Group key={campaign.id} justify="space-between" wrap="nowrap" align="start">
            <div style={{ minWidth: 0 }}>
              <CampaignLink campaign={campaign} />
              <Text size="xs" c="dimmed" className="typed" lineClamp={1}>
                {campaign.template.name} · {campaign.template.language}
              </Text>
            </div>
            <div style={{ textAlign: 'end', whiteSpace: 'nowrap' }}>
              {campaign.hold !== null && <StatusChip status="Held" />}
              {campaign.scheduledAt !== null && (
                <>
                  <Text size="sm" className="number">
                    {format.dateTime(campaign.scheduledAt)}
                  </Text>
                  <Text size="xs" c="dimmed" component="div">
                    <When at={campaign.scheduledAt} />
                  </Text>
                </>
              )}
            </div>
          </Group>
        ))}
      </Stack>
    </Card>
  )
}
