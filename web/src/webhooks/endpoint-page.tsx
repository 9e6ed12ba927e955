import { Alert, Badge, Button, Group, Paper, Stack, Text } from '@mantine/core'
import { IconKey, IconPencil, IconSend, IconTrash } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { Deliveries } from './deliveries.tsx'
import { EndpointDialog } from './endpoint-dialog.tsx'
import { Health } from './health.tsx'
import { endpointQuery, type WebhookEndpoint } from './queries.ts'
import { webhookRoute } from './routes.ts'
import { NewSecret } from './secret.tsx'

/** One endpoint: what it is told, how it answers, what was delivered. */
export default function EndpointPage() {
  const { t } = useStrings()
  const { id } = webhookRoute.useParams()
  const found = useQuery(endpointQuery(id))
  const [rotated, setRotated] = useState<Schema<'NewWebhookEndpoint'>>()
  return (
    <Page
      title={found.data?.item.url ?? t('area.webhooks')}
      subtitle={found.data?.item.description || undefined}
      beside={found.data && <Health endpoint={found.data.item} />}
      actions={found.data && <Acts endpoint={found.data.item} etag={found.data.etag} onRotated={setRotated} />}
    >
      <Loaded label={t('area.webhooks')} query={found}>
        {({ item }) => (
          <Stack>
            {rotated !== undefined && <NewSecret endpoint={rotated} onClose={() => setRotated(undefined)} />}
            {item.disabledReason !== null && (
              <Alert color="red" title={t('webhooks.disabled')}>
                <span className="typed">{item.disabledReason}</span> {t('webhooks.disabledHint')}
              </Alert>
            )}
            {item.isEnabled && item.failingSince !== null && (
              <Alert color="yellow" title={t('webhooks.failing')}>
                {t('webhooks.failingHint')} <When at={item.failingSince} />
              </Alert>
            )}
            <Paper p="md" bg="var(--surface-card)">
              <Group gap={6}>
                <Text size="sm" c="dimmed">
                  {t('webhooks.events')}
                </Text>
                <Events endpoint={item} />
              </Group>
            </Paper>
            <Deliveries endpoint={item} />
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}

function Events({ endpoint: { events } }: { readonly endpoint: WebhookEndpoint }) {
  const { named } = useStrings()
  return events.map((type) => (
    <Badge key={type} variant="default" tt="none" title={type}>
      {named('event', type)}
    </Badge>
  ))
}

interface ActsProps {
  readonly endpoint: WebhookEndpoint
  readonly etag: string | null
  onRotated(endpoint: Schema<'NewWebhookEndpoint'>): void
}

function Acts({ endpoint, etag, onRotated }: ActsProps) {
  const { t } = useStrings()
  const { may } = useSession()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [asked, setAsked] = useState<'change' | 'rotate' | 'remove'>()
  const close = () => setAsked(undefined)
  const { id, url } = endpoint
  const params = { path: { id } }
  const test = useAct({
    run: (_: undefined, key) => answer(api.POST('/api/v1/WebhookEndpoint/{id}/test', { params, headers: { 'Idempotency-Key': key } })),
    done: ({ ok, status, error, ms }) =>
      ok ? t('webhooks.testOk', { status: String(status), ms }) : t('webhooks.testFailed', { error: error ?? String(status) }),
    changes: [['webhooks']],
  })
  const rotate = useAct({
    run: (_: undefined, key) =>
      answer(api.POST('/api/v1/WebhookEndpoint/{id}/rotate-secret', { params, headers: { 'Idempotency-Key': key } })),
    done: (made) => {
      close()
      onRotated(made)
      return t('webhooks.rotated')
    },
    changes: [['webhooks']],
  })
  const remove = useAct({
    run: (_: undefined) => answer(api.DELETE('/api/v1/WebhookEndpoint/{id}', { params })),
    async done() {
      await navigate({ to: '/settings/webhooks' as string })
      queries.removeQueries({ queryKey: ['webhooks', 'one', id] })
      queries.removeQueries({ queryKey: ['webhooks', 'deliveries', id] })
      return t('webhooks.removed', { url })
    },
    changes: [['webhooks', 'list']],
  })
  return (
    <>
      {may('Webhook:Edit') && (
        <>
          <Button
            variant="default"
            loading={test.isPending}
            leftSection={<IconSend size={16} aria-hidden />}
            onClick={() => test.act(undefined)}
          >
            {t('webhooks.test')}
          </Button>
          <Button variant="default" leftSection={<IconKey size={16} aria-hidden />} onClick={() => setAsked('rotate')}>
            {t('webhooks.rotate')}
          </Button>
          <Button variant="default" leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setAsked('change')}>
            {t('webhooks.change')}
          </Button>
        </>
      )}
      {may('Webhook:Delete') && (
        <Button variant="default" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsked('remove')}>
          {t('webhooks.remove')}
        </Button>
      )}
      {asked === 'change' && <EndpointDialog endpoint={endpoint} etag={etag} onClose={close} />}
      {asked === 'rotate' && (
        <ConfirmDialog
          title={t('webhooks.rotateOf')}
          verb={t('webhooks.rotate')}
          isPending={rotate.isPending}
          onConfirm={() => rotate.act(undefined)}
          onClose={close}
        >
          {t('webhooks.rotateHint')}
        </ConfirmDialog>
      )}
      {asked === 'remove' && (
        <ConfirmDialog
          title={t('webhooks.removeOf', { url })}
          verb={t('webhooks.remove')}
          isDangerous
          isPending={remove.isPending}
          onConfirm={() => remove.act(undefined)}
          onClose={close}
        >
          {t('webhooks.removeHint')}
        </ConfirmDialog>
      )}
    </>
  )
}
