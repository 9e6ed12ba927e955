import { Button } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { templateAccountsQuery } from './queries.ts'

/** Reads all templates from Meta again, of every account, and says what that changed. */
export function SyncButton() {
  const { t } = useStrings()
  const { may } = useSession()
  const accounts = useQuery({ ...templateAccountsQuery, enabled: may('WhatsappTemplate:Sync') && may('WhatsappAccount:View') })
  const { act, isPending } = useAct({
    run: async (ids: readonly (string | undefined)[], key) => {
      const sum = { created: 0, updated: 0, removed: 0, unchanged: 0 }
      for (const [i, accountId] of ids.entries()) {
        const body = accountId === undefined ? {} : { accountId }
        const result = await answer(api.POST('/api/v1/WhatsappTemplate/sync', { body, headers: { 'Idempotency-Key': `${key}.${i}` } }))
        for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += result[name]
      }
      return sum
    },
    done: (result) => t('templates.synced', result),
    changes: [['templates']],
  })
  if (!may('WhatsappTemplate:Sync')) return null
  const ids = accounts.data?.items.map(({ id }) => id) ?? []
  return (
    <Button
      variant="default"
      leftSection={<IconRefresh size={16} aria-hidden />}
      loading={isPending}
      onClick={() => act(ids.length === 0 ? [undefined] : ids)}
    >
      {t('templates.sync')}
    </Button>
  )
}
