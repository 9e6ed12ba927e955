import { Group, Progress, Stack, Text } from '@mantine/core'
import { useFormat } from '../parts/use-format.ts'
import { useFailureWords } from '../strings/failure-words.ts'
import { useStrings } from '../strings/language.tsx'
import { Card } from './card.tsx'
import type { Dashboard } from './queries.ts'

/** Why messages of the period failed, most frequent first; what to do about it stands with each campaign. */
export function FailuresCard({ failures }: { readonly failures: Dashboard['failures'] }) {
  const words = useFailureWords()
  const { t } = useStrings()
  const format = useFormat()
  const most = Math.max(1, ...failures.map(({ count }) => count))
  return (
    <Card title={t('dashboard.failures')} empty={failures.length === 0 ? t('dashboard.noFailures') : undefined}>
      <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {failures.map(({ code, title, count }) => (
          <li key={code}>
            <Group justify="space-between" wrap="nowrap" align="baseline">
              <Text size="sm" className="typed" lineClamp={2}>
                {words.titleOf(code, title)}{' '}
                <Text span size="xs" c="dimmed" className="number">
                  {code}
                </Text>
              </Text>
              <Text size="sm" fw={600} className="number">
                {format.number(count)}
              </Text>
            </Group>
            <Progress value={(100 * count) / most} color="var(--bar-failed)" size={6} mt={4} aria-hidden />
          </li>
        ))}
      </Stack>
    </Card>
  )
}
