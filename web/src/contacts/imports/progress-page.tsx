import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useAct } from '../../api/act.ts'
import { answer, api } from '../../api/client.ts'
import { ApiProblem } from '../../api/problem.ts'
import { AsOf } from '../../parts/as-of.tsx'
import { ConfirmDialog } from '../../parts/confirm.tsx'
import { Page } from '../../parts/page.tsx'
import { FailureState } from '../../parts/states.tsx'
import { NotFoundPage } from '../../shell/error-pages.tsx'
import { useStrings } from '../../strings/language.tsx'
import { importProgressRoute } from '../routes.ts'
import { type ImportProgress, importQuery, isUnderWay } from './queries.ts'
import { ImportReport } from './report.tsx'

/** One import, followed until it is done, wherever the file was chosen. */
export default function ImportProgressPage() {
  const { t } = useStrings()
  const { importId } = importProgressRoute.useParams()
  const found = useQuery(importQuery(importId))
  const { data } = found
  const queries = useQueryClient()
  const isOver = data !== undefined && !isUnderWay(data)
  useEffect(() => {
    if (isOver) void queries.invalidateQueries({ queryKey: ['contacts'] }) // the people and their tags are others now
  }, [isOver, queries])
  if (found.error instanceof ApiProblem && found.error.status === 404) return <NotFoundPage />
  if (data === undefined && found.error !== null) return <FailureState error={found.error} onRetry={() => void found.refetch()} />
  if (data === undefined)
    return <Skeleton height={240} role="status" aria-busy aria-label={t('list.loading', { label: t('imports.import') })} />
  return (
    <Page title={t('imports.of', { name: data.fileName ?? '' })} subtitle={t('imports.leave')} actions={<Acts progress={data} />}>
      <Stack>
        <Group justify="flex-end">
          <AsOf at={found.dataUpdatedAt} />
        </Group>
        <ImportReport progress={data} />
      </Stack>
    </Page>
  )
}

function Acts({ progress }: { readonly progress: ImportProgress }) {
  const { t } = useStrings()
  const { id, dryRun, status, undoneAt, created, updated } = progress
  const canUndo = !isUnderWay(progress) && !dryRun && undoneAt === null && created + updated > 0
  return (
    <>
      {isUnderWay(progress) && <Act name="cancel" progress={progress} />}
      {canUndo && <Act name="undo" progress={progress} />}
      {status === 'Completed' && !dryRun && undoneAt === null && (
        <Button renderRoot={(props) => <Link to="/contacts" search={{ import: id }} {...props} />}>{t('imports.toContacts')}</Button>
      )}
      {(dryRun || undoneAt !== null) && (
        <Button variant="default" renderRoot={(props) => <Link to="/contacts/import" {...props} />}>
          {t('imports.another')}
        </Button>
      )}
    </>
  )
}

/** Stops an import, or takes it back, after asking. */
function Act({ name, progress }: { readonly name: 'cancel' | 'undo'; readonly progress: ImportProgress }) {
  const { t } = useStrings()
  const [isAsking, setIsAsking] = useState(false)
  const { act, isPending } = useAct({
    run: (_: undefined, key) => {
      const options = { params: { path: { id: progress.id } }, headers: { 'Idempotency-Key': key } }
      return answer(
        name === 'cancel' ? api.POST('/api/v1/Contact/import/{id}/cancel', options) : api.POST('/api/v1/Contact/import/{id}/undo', options),
      )
    },
    done: () => {
      setIsAsking(false)
      return t(`imports.${name}Done`)
    },
    changes: [['imports'], ['contacts']],
  })
  return (
    <>
      <Button variant="default" onClick={() => setIsAsking(true)}>
        {t(`imports.${name}`)}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={t(`imports.${name}Title`)}
          verb={t(`imports.${name}`)}
          isDangerous
          isPending={isPending}
          onConfirm={() => act(undefined)}
          onClose={() => setIsAsking(false)}
        >
          {t(`imports.${name}Hint`, { created: progress.created, updated: progress.updated })}
        </ConfirmDialog>
      )}
    </>
  )
}
