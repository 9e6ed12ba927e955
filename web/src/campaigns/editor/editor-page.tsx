import { Button } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem } from '../../api/problem.ts'
import { Page } from '../../parts/page.tsx'
import { Splash } from '../../parts/splash.tsx'
import { EmptyState, FailureState } from '../../parts/states.tsx'
import { useSession } from '../../session/session.tsx'
import { NotFoundPage } from '../../shell/error-pages.tsx'
import { useStrings } from '../../strings/language.tsx'
import { EditorFrame } from './editor-frame.tsx'
import { storedQuery } from './queries.ts'

/** A new campaign, or one that may still be changed. */
export default function EditorPage() {
  const { may } = useSession()
  const { t } = useStrings()
  const { campaignId } = useParams({ strict: false })
  const [seen, setSeen] = useState({ id: campaignId, made: undefined as string | undefined, visit: 0 })
  if (seen.id !== campaignId) setSeen({ ...seen, id: campaignId, visit: campaignId === undefined ? seen.visit + 1 : seen.visit })
  if (campaignId !== undefined && campaignId !== seen.made) return <Existing key={campaignId} id={campaignId} />
  if (!may('WhatsappCampaign:Create'))
    return (
      <Page title={t('editor.new')}>
        <EmptyState icon={IconLock} title={t('editor.mayNotCreate')} />
      </Page>
    )
  // the campaign just made keeps its page while its address changes
  return <EditorFrame key={seen.visit} onMade={(made) => setSeen((old) => ({ ...old, made }))} />
}

function Existing({ id }: { readonly id: string }) {
  const { t, named } = useStrings()
  const found = useQuery({ ...storedQuery(id), refetchOnWindowFocus: false, refetchOnReconnect: false })
  if (found.error instanceof ApiProblem && found.error.status === 404) return <NotFoundPage />
  if (found.data === undefined && found.error !== null) return <FailureState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data === undefined) return <Splash />
  const { item } = found.data
  if (item.actions.includes('edit')) return <EditorFrame opened={found.data} />
  return (
    <Page title={item.name}>
      <EmptyState
        icon={IconLock}
        title={t('editor.notEditable', { status: named('status', item.status) })}
        hint={t('editor.notEditableHint')}
        action={
          <Button variant="default" renderRoot={(props) => <Link to="/campaigns/$campaignId" params={{ campaignId: id }} {...props} />}>
            {t('editor.toCampaign')}
          </Button>
        }
      />
    </Page>
  )
}
