import { Group, Paper, Text } from '@mantine/core'
import { TallyBar } from '../../parts/tally-bar.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { useNow } from '../../parts/use-now.ts'
import { When } from '../../parts/when.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'
import classes from './detail.module.css'

const PARTS = ['read', 'delivered', 'sent', 'failed', 'unknown', 'skipped', 'cancelled'] as const

/** How far it is, how fast it goes and when it will be done; the bar's parts with their counts. */
export function ProgressCard({ campaign }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const { counts } = campaign
  return (
    <Paper p="md" bg="var(--surface-card)">
      <Group justify="space-between" mb={8}>
        <Text size="sm" fw={600}>
          <Pace campaign={campaign} />
        </Text>
        <Text size="sm" className="number" c="dimmed">
          {t('campaigns.sentOf', { sent: campaign.funnel.sent, audience: counts.audience })}
        </Text>
      </Group>
      {campaign.quiet !== null && campaign.quiet.waiting > 0 && (
        <Text size="sm" mb={8}>
          {t('campaign.asleep', { count: campaign.quiet.waiting, to: campaign.quiet.to })}
          {campaign.quiet.nextAt !== null && (
            <>
              {' '}
              {t('campaign.wake')} <When at={campaign.quiet.nextAt} span />
            </>
          )}
        </Text>
      )}
      {campaign.finish !== null && campaign.finish.late > 0 && campaign.finishBy !== null && (
        <Text size="sm" mb={8} style={{ color: 'var(--warn-text)' }}>
          {t('campaign.tooLate', { count: campaign.finish.late, by: format.dateTime(campaign.finishBy) })}
        </Text>
      )}
      <TallyBar tally={counts} height={12} />
      <Group gap="md" mt={10}>
        {[...PARTS, 'pending' as const]
          .filter((part) => counts[part] > 0)
          .map((part) => (
            <Group key={part} gap={6} wrap="nowrap">
              <span className={classes.legend} style={{ background: `var(--bar-${COLOURS[part] ?? part})` }} />
              <Text size="xs" className="number">
                {named('tallyState', part)} {format.number(counts[part])}
              </Text>
            </Group>
          ))}
      </Group>
    </Paper>
  )
}
const COLOURS: Readonly<Record<string, string>> = { cancelled: 'skipped', pending: 'rest' }

function Pace({ campaign: { status, hold, progress, completedAt } }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const now = useNow(5_000)
  if (hold !== null) return t('campaign.waits')
  if (progress !== null)
    return progress.etaAt === null
      ? t('campaign.pace', { rate: format.number(progress.ratePerSecond) })
      : t('campaign.paceEta', { rate: format.number(progress.ratePerSecond), eta: format.remaining(progress.etaAt, now) })
  if (completedAt !== null) return t('campaign.endedAt', { status: named('status', status), at: format.dateTime(completedAt) })
  return named('status', status)
}
