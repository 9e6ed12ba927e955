import { Button, Code, Pagination, Paper, Skeleton, Stack, Text } from '@mantine/core'
import { IconPhonePlus, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { AsOf } from '../parts/as-of.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { Page } from '../parts/page.tsx'
import { EmptyState, FailureState } from '../parts/states.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { AccountCard } from './account-card.tsx'
import { ConnectAccount } from './connect-account.tsx'
import { accountsQuery } from './queries.ts'
import { numbersRoute } from './routes.ts'

/** Accounts at Meta, whether they work, and the numbers they send from. */
export default function NumbersPage() {
  const { t } = useStrings()
  const { may } = useSession()
  const search = numbersRoute.useSearch()
  const navigate = useNavigate({ from: numbersRoute.fullPath })
  const accounts = useQuery(accountsQuery(search.page ?? 1))
  const { data } = accounts
  const mayConnect = may('WhatsappAccount:Create')
  const connect = mayConnect && (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => void navigate({ search: (old) => ({ ...old, open: 'connect' }) })}
    >
      {t('numbers.connect')}
    </Button>
  )
  return (
    <Page
      title={t('area.numbers')}
      subtitle={t('numbers.hint')}
      actions={data !== undefined && data.items.length > 0 ? connect : undefined}
    >
      <Stack gap="md">
        {data === undefined && accounts.error !== null && (
          <Paper bg="var(--surface-card)">
            <FailureState error={accounts.error} onRetry={() => void accounts.refetch()} />
          </Paper>
        )}
        {data === undefined && accounts.error === null && (
          <Stack role="status" aria-busy aria-label={t('list.loading', { label: t('area.numbers') })}>
            <Skeleton height={220} />
            <Skeleton height={220} />
          </Stack>
        )}
        {data?.items.length === 0 && (
          <>
            <Paper bg="var(--surface-card)">
              <EmptyState icon={IconPhonePlus} title={t('numbers.none')} hint={t('numbers.noneHint')} action={connect} />
            </Paper>
            {mayConnect && <TryTheSimulator />}
          </>
        )}
        {data !== undefined && data.items.length > 0 && <AsOf at={accounts.dataUpdatedAt} />}
        {data?.items.map((account) => (
          <AccountCard key={account.id} account={account} />
        ))}
        {data !== undefined && data.totalPages > 1 && (
          <Pagination
            value={data.pageNumber}
            total={data.totalPages}
            onChange={(page) => void navigate({ search: (old) => ({ ...old, page }) })}
            getItemProps={(number) => ({ 'aria-label': t('list.page', { number }) })}
            getControlProps={(control) => ({ 'aria-label': t(control === 'next' ? 'list.next' : 'list.previous') })}
          />
        )}
      </Stack>
      {mayConnect && search.open === 'connect' && (
        <ConnectAccount onClose={() => void navigate({ search: (old) => ({ ...old, open: undefined }) })} />
      )}
    </Page>
  )
}

const DEMO = 'npm run demo'

/** A person without an account at Meta can still see everything work: on an installation of its own. */
function TryTheSimulator() {
  const { t } = useStrings()
  return (
    <Paper p="lg" bg="var(--surface-card)">
      <Text fw={600}>{t('numbers.simulator')}</Text>
      <Text size="sm" c="dimmed" mb="sm">
        {t('numbers.simulatorHint')}
      </Text>
      <Code dir="ltr">{DEMO}</Code>
      <CopyButton value={DEMO} what={DEMO} />
    </Paper>
  )
}
