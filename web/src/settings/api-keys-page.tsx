import { Alert, Box, Button, Paper, Stack, Table, Text, VisuallyHidden } from '@mantine/core'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { AsOf } from '../parts/as-of.tsx'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { EmptyState } from '../parts/states.tsx'
import { useFormat } from '../parts/use-format.ts'
import { When } from '../parts/when.tsx'
import { WideTable } from '../parts/wide-table.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { ToPaste } from './connect-account.tsx'
import { NewApiKey } from './new-api-key.tsx'
import { type ApiKey, apiKeysQuery } from './queries.ts'
import { apiKeysRoute } from './routes.ts'

/** Keys that programs call the API with: what each may do, when it was last used. */
export default function ApiKeysPage() {
  const { t } = useStrings()
  const { may } = useSession()
  const { open } = apiKeysRoute.useSearch()
  const navigate = useNavigate({ from: apiKeysRoute.fullPath })
  const keys = useQuery(apiKeysQuery)
  const [made, setMade] = useState<Schema<'NewApiKey'>>()
  const [revoking, setRevoking] = useState<ApiKey>()
  const mayCreate = may('ApiKey:Create')
  const create = mayCreate && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => void navigate({ search: { open: 'new' } })}>
      {t('apiKeys.new')}
    </Button>
  )
  return (
    <Page title={t('area.apiKeys')} subtitle={t('apiKeys.hint')} actions={(keys.data?.items.length ?? 0) > 0 ? create : undefined}>
      <Stack>
        {made !== undefined && (
          <Alert
            color="brand"
            title={t('apiKeys.madeOf', { name: made.name })}
            withCloseButton
            closeButtonLabel={t('action.close')}
            onClose={() => setMade(undefined)}
          >
            <ToPaste label={t('apiKeys.once')} value={made.key} />
          </Alert>
        )}
        {keys.data !== undefined && <AsOf at={keys.dataUpdatedAt} />}
        <Paper bg="var(--surface-card)">
          <Loaded label={t('area.apiKeys')} query={keys}>
            {({ items }) =>
              items.length === 0 ? (
                <EmptyState icon={IconKey} title={t('apiKeys.none')} hint={t('apiKeys.noneHint')} action={create} />
              ) : (
                <KeyTable keys={items} onRevoke={setRevoking} />
              )
            }
          </Loaded>
        </Paper>
      </Stack>
      {mayCreate && open === 'new' && (
        <NewApiKey
          onClose={() => void navigate({ search: {} })}
          onMade={(key) => {
            setMade(key)
            void navigate({ search: {}, replace: true })
          }}
        />
      )}
      {revoking !== undefined && <Revoke apiKey={revoking} onClose={() => setRevoking(undefined)} />}
    </Page>
  )
}

function KeyTable({ keys, onRevoke }: { readonly keys: readonly ApiKey[]; onRevoke(key: ApiKey): void }) {
  const { t } = useStrings()
  const format = useFormat()
  const { may } = useSession()
  return (
    <WideTable
      label={t('area.apiKeys')}
      minWidth={820}
      head={[
        t('apiKeys.name'),
        t('apiKeys.permissions'),
        t('apiKeys.lastUsed'),
        t('apiKeys.expires'),
        <VisuallyHidden key="acts">{t('campaigns.actions')}</VisuallyHidden>,
      ]}
    >
      {keys.map((key) => (
        <Table.Tr key={key.id}>
          <Table.Td>
            <Text size="sm" fw={600} className="typed">
              {key.name}
            </Text>
            <Text size="xs" c="dimmed">
              <bdi dir="ltr">{key.prefix}…</bdi> · <bdi>{key.createdBy.name}</bdi>
            </Text>
          </Table.Td>
          <Table.Td maw={360}>
            <Box title={key.permissions.join(', ')}>{t('apiKeys.count', { count: key.permissions.length })}</Box>
          </Table.Td>
          <Table.Td>{key.lastUsedAt === null ? t('apiKeys.never') : <When at={key.lastUsedAt} />}</Table.Td>
          <Table.Td>{key.expiresAt === null ? t('apiKeys.noExpiry') : format.dateTime(key.expiresAt)}</Table.Td>
          <Table.Td ta="end">
            {key.revokedAt !== null && t('apiKeys.revoked')}
            {key.revokedAt === null && may('ApiKey:Delete') && (
              <Button size="xs" variant="default" aria-label={t('apiKeys.revokeThe', { name: key.name })} onClick={() => onRevoke(key)}>
                {t('apiKeys.revoke')}
              </Button>
            )}
          </Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  )
}

function Revoke({ apiKey, onClose }: { readonly apiKey: ApiKey; onClose(): void }) {
  const { t } = useStrings()
  const { act, isPending } = useAct({
    run: (id: string) => answer(api.DELETE('/api/v1/ApiKey/{id}', { params: { path: { id } } })),
    done: () => {
      onClose()
      return t('apiKeys.revokedOf', { name: apiKey.name })
    },
    changes: [['api-keys']],
  })
  return (
    <ConfirmDialog
      title={t('apiKeys.revokeOf', { name: apiKey.name })}
      verb={t('apiKeys.revoke')}
      isDangerous
      isPending={isPending}
      onConfirm={() => act(apiKey.id)}
      onClose={onClose}
    >
      {t('apiKeys.revokeHint')}
    </ConfirmDialog>
  )
}
