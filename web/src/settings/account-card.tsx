import { Badge, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconRefresh, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { ToPaste } from './connect-account.tsx'
import { HealthList } from './health-list.tsx'
import { NumberList } from './number-list.tsx'
import type { Account } from './queries.ts'

/** One account at Meta: whether it works, when Meta last spoke, its numbers. */
export function AccountCard({ account }: { readonly account: Account }) {
  const { t } = useStrings()
  const { may } = useSession()
  const [isRemoving, setRemoving] = useState(false)
  const { id, name, health } = account
  const check = useAct({
    run: (_: undefined, key) =>
      answer(api.POST('/api/v1/WhatsappAccount/{id}/verify', { params: { path: { id } }, headers: { 'Idempotency-Key': key } })),
    done: () => t('numbers.checkedOf', { name }),
    changes: [['accounts'], ['templates']],
  })
  const remove = useAct({
    run: (_: undefined) => answer(api.DELETE('/api/v1/WhatsappAccount/{id}', { params: { path: { id } } })),
    done: () => t('numbers.removedOf', { name }),
    changes: [['accounts'], ['templates']],
  })
  return (
    <Paper component="section" aria-label={name} p="lg" bg="var(--surface-card)">
      <Stack gap="md">
        <Group justify="space-between" align="flex-start">
          <div style={{ minWidth: 0 }}>
            <Group gap="xs">
              <Title order={2} size="h3" className="typed">
                {name}
              </Title>
              <Badge variant="light" tt="none" style={HEALTH[health.ok ? 'ok' : 'bad']}>
                {t(health.ok ? 'numbers.works' : 'numbers.broken')}
              </Badge>
            </Group>
            <Text size="sm" c="dimmed" component="div">
              <span>{t('numbers.waba', { id: account.wabaId })}</span>
              {' · '}
              {account.lastWebhookAt === null ? (
                t('numbers.noWebhook')
              ) : (
                <>
                  {t('numbers.lastWebhook')} <When at={account.lastWebhookAt} />
                </>
              )}
            </Text>
          </div>
          <Group gap="xs">
            {may('WhatsappAccount:Edit') && (
              <Button
                variant="default"
                loading={check.isPending}
                leftSection={<IconRefresh size={16} aria-hidden />}
                onClick={() => check.act(undefined)}
              >
                {t('numbers.sync')}
              </Button>
            )}
            {may('WhatsappAccount:Delete') && (
              <Button variant="default" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setRemoving(true)}>
                {t('numbers.remove')}
              </Button>
            )}
          </Group>
        </Group>
        <HealthList checks={health.checks} />
        <ToPaste label={t('numbers.callback')} value={account.callbackUrl} />
        <NumberList account={account} />
      </Stack>
      {isRemoving && (
        <ConfirmDialog
          title={t('numbers.removeOf', { name })}
          verb={t('numbers.remove')}
          isDangerous
          isPending={remove.isPending}
          onConfirm={() => remove.act(undefined)}
          onClose={() => setRemoving(false)}
        >
          {t('numbers.removeHint')}
        </ConfirmDialog>
      )}
    </Paper>
  )
}

const HEALTH = {
  ok: { background: 'var(--ok-bg)', color: 'var(--ok-text)' },
  bad: { background: 'var(--bad-bg)', color: 'var(--bad-text)' },
} as const
