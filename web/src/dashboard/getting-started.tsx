import { Button, Group, Paper, Stack, Text, ThemeIcon } from '@mantine/core'
import { IconCheck, IconCircleDashed } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useSession } from '../session/session.tsx'
import { useHasPage } from '../shell/areas.ts'
import { useStrings } from '../strings/language.tsx'
import { anyContactQuery, type Dashboard } from './queries.ts'

/** A workspace without campaigns: the three steps to its first, and which of them are done. */
export function GettingStarted({ dashboard }: { readonly dashboard: Dashboard }) {
  const { t } = useStrings()
  const { may } = useSession()
  const hasPage = useHasPage()
  const contacts = useQuery({ ...anyContactQuery, enabled: may('Contact:View') })
  const steps = [
    { name: 'number', isDone: dashboard.senders.length > 0, to: '/settings/numbers', permission: 'WhatsappAccount:Create' },
    { name: 'contacts', isDone: (contacts.data?.items.length ?? 0) > 0, to: '/contacts/import', permission: 'Contact:Import' },
    { name: 'campaign', isDone: false, to: '/campaigns/new', permission: 'WhatsappCampaign:Create' },
  ] as const
  const next = steps.find(({ isDone }) => !isDone)
  return (
    <Paper p="lg" bg="var(--surface-card)" maw={720} component="section" aria-labelledby="getting-started" aria-busy={contacts.isLoading}>
      <Text component="h2" id="getting-started" fw={650} fz="h3" mb="xs">
        {t('dashboard.start')}
      </Text>
      <Stack component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {steps.map(({ name, isDone, to, permission }) => (
          <li key={name}>
            <Group wrap="nowrap" align="start">
              <ThemeIcon variant="light" color={isDone ? 'green' : 'gray'} radius="xl" size={28}>
                {isDone ? <IconCheck size={16} aria-label={t('dashboard.done')} /> : <IconCircleDashed size={16} aria-hidden />}
              </ThemeIcon>
              <div style={{ flex: 1 }}>
                <Text fw={600} size="sm">
                  {t(`dashboard.start.${name}`)}
                </Text>
                <Text size="sm" c="dimmed">
                  {t(`dashboard.start.${name}Hint`)}
                </Text>
              </div>
              {!isDone && hasPage(to) && may(permission) && (
                <Button variant={next?.name === name ? 'filled' : 'default'} renderRoot={(props) => <Link to={to as string} {...props} />}>
                  {t(`dashboard.start.${name}Act`)}
                </Button>
              )}
            </Group>
          </li>
        ))}
      </Stack>
    </Paper>
  )
}
