import { Badge, Button, Group, Paper, Select, Stack, Table, Text, Title, UnstyledButton } from '@mantine/core'
import { IconInbox, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { AsOf } from '../parts/as-of.tsx'
import { ListTable } from '../parts/list-table.tsx'
import { SidePanel } from '../parts/side-panel.tsx'
import { EmptyState } from '../parts/states.tsx'
import { useFormat } from '../parts/use-format.ts'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { DELIVERY_STATUSES, deliveriesQuery, type WebhookDelivery, type WebhookEndpoint } from './queries.ts'
import { webhookRoute } from './routes.ts'

const LOOKS = { Pending: 'warn', Delivered: 'ok', Failed: 'bad' } as const

/** The log of an endpoint: what it was told, how often it took, what is still to come. */
export function Deliveries({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const { t, named } = useStrings()
  const { page = 1, status } = webhookRoute.useSearch()
  const navigate = useNavigate({ from: webhookRoute.fullPath })
  const deliveries = useQuery(deliveriesQuery(endpoint.id, page, status))
  const [opened, setOpened] = useState<WebhookDelivery>()
  const columns = useColumns(setOpened)
  return (
    <Paper component="section" aria-label={t('webhooks.log')} bg="var(--surface-card)">
      <Group p="md" justify="space-between" align="end">
        <div>
          <Title order={2} size="h3">
            {t('webhooks.log')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('webhooks.logHint')}
          </Text>
        </div>
        <Group align="center">
          <AsOf at={deliveries.dataUpdatedAt} />
          <Select
            aria-label={t('webhooks.byStatus')}
            placeholder={t('webhooks.byStatus')}
            data={DELIVERY_STATUSES.map((value) => ({ value, label: named('delivery', value) }))}
            value={status ?? null}
            onChange={(value) => void navigate({ search: { status: DELIVERY_STATUSES.find((known) => known === value) } })}
            clearable
            clearButtonProps={{ 'aria-label': t('action.clear') }}
            w={170}
          />
        </Group>
      </Group>
      <ListTable
        label={t('webhooks.deliveries')}
        query={deliveries}
        columns={columns}
        onPage={(number) => void navigate({ search: (old) => ({ ...old, page: number }) })}
        empty={
          status === undefined ? (
            <EmptyState icon={IconInbox} title={t('webhooks.nothingYet')} hint={t('webhooks.nothingYetHint')} />
          ) : (
            <EmptyState icon={IconSearchOff} title={t('webhooks.noneMatch')} />
          )
        }
      />
      {opened !== undefined && <Entry endpoint={endpoint} delivery={opened} onClose={() => setOpened(undefined)} />}
    </Paper>
  )
}

const Status = ({ status }: { readonly status: WebhookDelivery['status'] }) => {
  const { named } = useStrings()
  return (
    <Badge tt="none" variant="light" style={{ background: `var(--${LOOKS[status]}-bg)`, color: `var(--${LOOKS[status]}-text)` }}>
      {named('delivery', status)}
    </Badge>
  )
}

function useColumns(onOpen: (delivery: WebhookDelivery) => void): readonly DataTableColumn<WebhookDelivery>[] {
  const { t, named } = useStrings()
  return [
    {
      accessor: 'type',
      title: t('webhooks.event'),
      render: (delivery) => (
        <>
          <UnstyledButton fz="sm" fw={600} onClick={() => onOpen(delivery)}>
            {named('event', delivery.type)}
          </UnstyledButton>
          {delivery.people > 0 && (
            <Text size="xs" c="dimmed">
              {t('webhooks.people', { count: delivery.people })}
            </Text>
          )}
        </>
      ),
    },
    { accessor: 'status', title: t('webhooks.state'), width: 140, render: ({ status }) => <Status status={status} /> },
    {
      accessor: 'attempts',
      title: t('webhooks.attempts'),
      width: 110,
      visibleMediaQuery: '(min-width: 48em)',
      render: ({ attempts }) => <span className="number">{attempts.length}</span>,
    },
    { accessor: 'createdAt', title: t('audit.when'), width: 130, render: ({ createdAt }) => <When at={createdAt} size="sm" /> },
  ]
}

interface EntryProps {
  readonly endpoint: WebhookEndpoint
  readonly delivery: WebhookDelivery
  onClose(): void
}

function Entry({ endpoint, delivery, onClose }: EntryProps) {
  const { t, named } = useStrings()
  const { may } = useSession()
  const format = useFormat()
  const { act, isPending } = useAct({
    run: (deliveryId: string, key) =>
      answer(
        api.POST('/api/v1/WebhookEndpoint/{id}/resend', {
          params: { path: { id: endpoint.id } },
          headers: { 'Idempotency-Key': key },
          body: { deliveryId },
        }),
      ),
    done: () => {
      onClose()
      return t('webhooks.resent')
    },
    changes: [['webhooks']],
  })
  return (
    <SidePanel title={named('event', delivery.type)} onClose={onClose}>
      <Stack mt="sm">
        <Group gap="xs">
          <Status status={delivery.status} />
          {delivery.people > 0 && <Text size="sm">{t('webhooks.people', { count: delivery.people })}</Text>}
        </Group>
        <div>
          <Text size="xs" c="dimmed">
            webhook-id
          </Text>
          <Text size="sm" className="typed" dir="ltr">
            {delivery.id}
          </Text>
        </div>
        {delivery.nextAttemptAt !== null && (
          <Text size="sm">
            {t('webhooks.nextAttempt')} {format.dateTime(delivery.nextAttemptAt)}
          </Text>
        )}
        {delivery.attempts.length > 0 && (
          <Table aria-label={t('webhooks.attempts')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('audit.when')}</Table.Th>
                <Table.Th>{t('webhooks.answer')}</Table.Th>
                <Table.Th ta="end">ms</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {delivery.attempts.map(({ at, status, error, ms }) => (
                <Table.Tr key={at}>
                  <Table.Td>{format.exact(at)}</Table.Td>
                  <Table.Td className="typed">{[status, error].filter((part) => part !== null).join(' · ')}</Table.Td>
                  <Table.Td ta="end" className="number">
                    {ms}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        {may('Webhook:Edit') && delivery.status !== 'Pending' && (
          <Group>
            <Button variant="default" loading={isPending} onClick={() => act(delivery.id)}>
              {t('webhooks.resend')}
            </Button>
          </Group>
        )}
      </Stack>
    </SidePanel>
  )
}
