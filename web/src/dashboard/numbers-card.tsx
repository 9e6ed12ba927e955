import { Anchor, Progress, SimpleGrid, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useFormat } from '../parts/use-format.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { QualityMark } from '../templates/quality.tsx'
import { Card } from './card.tsx'
import type { Dashboard } from './queries.ts'

/** Health of each number: what Meta thinks of it, how much of its limit is used, how fast it sends. */
export function NumbersCard({ senders }: { readonly senders: Dashboard['senders'] }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const { may } = useSession()
  return (
    <Card
      title={t('dashboard.numbers')}
      empty={senders.length === 0 ? t('dashboard.noNumbers') : undefined}
      aside={
        may('WhatsappAccount:View') && (
          <Anchor size="sm" renderRoot={(props) => <Link to="/settings/numbers" {...props} />}>
            {t('dashboard.toNumbers')}
          </Anchor>
        )
      }
    >
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {senders.map(({ id, phone, quality, limit, usedLast24h, ratePerSecond }) => {
          const tier = limit.replace('TIER_', '')
          const most = peopleOf(tier)
          return (
            <div key={id}>
              <Text size="sm" fw={600} className="number">
                <bdi dir="ltr">{phone}</bdi>
              </Text>
              <QualityMark quality={quality} />
              <Text size="xs" c="dimmed" mt={6}>
                {t('dashboard.used', { used: usedLast24h, limit: named('limit', tier) })} ·{' '}
                {t('dashboard.rate', { rate: format.number(ratePerSecond) })}
              </Text>
              {most !== undefined && (
                <Progress
                  value={Math.min(100, (100 * usedLast24h) / most)}
                  color={usedLast24h >= 0.9 * most ? 'var(--bar-failed)' : 'var(--bar-delivered)'}
                  size={6}
                  mt={4}
                  aria-hidden
                />
              )}
            </div>
          )
        })}
      </SimpleGrid>
    </Card>
  )
}

/** Meta's tier in people: `2K` is 2,000; undefined when it is unlimited or not known. */
function peopleOf(tier: string): number | undefined {
  const found = /^(\d+)(K?)$/.exec(tier)
  return found === null ? undefined : Number(found[1]) * (found[2] === 'K' ? 1_000 : 1)
}
