import { Box, Button, Paper, Stack, Text } from '@mantine/core'
import { IconPlus, IconWebhook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { useState } from 'react'
import type { Schema } from '../api/client.ts'
import { ListTable } from '../parts/list-table.tsx'
import { Page } from '../parts/page.tsx'
import { RowLink } from '../parts/row-link.tsx'
import { EmptyState } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { EndpointDialog } from './endpoint-dialog.tsx'
import { Health } from './health.tsx'
import { endpointsQuery, type WebhookEndpoint } from './queries.ts'
import { webhookListRoute } from './routes.ts'
import { NewSecret } from './secret.tsx'

/** Other systems that are told what happens here. */
export default function WebhookListPage() {
  const { t } = useStrings()
  const { may } = useSession()
  const { page = 1, open } = webhookListRoute.useSearch()
  const navigate = useNavigate({ from: webhookListRoute.fullPath })
  const endpoints = useQuery(endpointsQuery(page))
  const [made, setMade] = useState<Schema<'NewWebhookEndpoint'>>()
  const columns = useColumns()
  const create = may('Webhook:Create') && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => void navigate({ search: { open: 'new' } })}>
      {t('webhooks.new')}
    </Button>
  )
  return (
    <Page
      title={t('area.webhooks')}
      subtitle={t('webhooks.hint')}
      at={endpoints.dataUpdatedAt}
      actions={(endpoints.data?.items.length ?? 0) > 0 ? create : undefined}
    >
      <Stack>
        {made !== undefined && <NewSecret endpoint={made} onClose={() => setMade(undefined)} />}
        <Paper bg="var(--surface-card)">
          <ListTable
            label={t('area.webhooks')}
            query={endpoints}
            columns={columns}
            onPage={(number) => void navigate({ search: { page: number } })}
            empty={<EmptyState icon={IconWebhook} title={t('webhooks.none')} hint={t('webhooks.noneHint')} action={create} />}
          />
        </Paper>
      </Stack>
      {open === 'new' && may('Webhook:Create') && (
        <EndpointDialog
          onClose={() => void navigate({ search: {} })}
          onMade={(endpoint) => {
            setMade(endpoint)
            void navigate({ search: {}, replace: true })
          }}
        />
      )}
    </Page>
  )
}

function useColumns(): readonly DataTableColumn<WebhookEndpoint>[] {
  const { t } = useStrings()
  return [
    {
      accessor: 'url',
      title: t('webhooks.url'),
      render: (endpoint) => (
        <Box miw={0}>
          <RowLink to="/settings/webhooks/$id" id={endpoint.id}>
            {endpoint.url}
          </RowLink>
          <Text size="xs" c="dimmed" className="typed">
            {endpoint.description || t('webhooks.countEvents', { count: endpoint.events.length })}
          </Text>
        </Box>
      ),
    },
    { accessor: 'isEnabled', title: t('webhooks.state'), width: 150, render: (endpoint) => <Health endpoint={endpoint} /> },
    {
      accessor: 'lastAttemptAt',
      title: t('webhooks.lastAttempt'),
      width: 150,
      visibleMediaQuery: '(min-width: 48em)',
      render: ({ lastAttemptAt }) => (lastAttemptAt === null ? '–' : <When at={lastAttemptAt} />),
    },
  ]
}
