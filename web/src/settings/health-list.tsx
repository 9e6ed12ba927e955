import { Group, List, Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useStrings } from '../strings/language.tsx'
import type { Account } from './queries.ts'

/** What Meta answered to each check of an account, and what failed in its own words. */
export function HealthList({ checks }: { readonly checks: Account['health']['checks'] }) {
  const { t, named } = useStrings()
  return (
    <List listStyleType="none" spacing={6} aria-label={t('numbers.checks')}>
      {checks.map(({ name, ok, detail }) => (
        <List.Item key={name} data-ok={ok}>
          <Group gap="xs" wrap="nowrap" align="flex-start">
            {ok ? (
              <IconCircleCheck size={18} color="var(--ok-text)" style={{ flexShrink: 0 }} role="img" aria-label={t('numbers.good')} />
            ) : (
              <IconAlertTriangle size={18} color="var(--bad-text)" style={{ flexShrink: 0 }} role="img" aria-label={t('numbers.bad')} />
            )}
            <Text size="sm" style={ok ? {} : { color: 'var(--bad-text)' }} className="typed">
              <b>{named('check', name)}</b> · <bdi>{detail}</bdi>
            </Text>
          </Group>
        </List.Item>
      ))}
    </List>
  )
}
