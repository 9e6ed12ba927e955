import { Button } from '@mantine/core'
import { IconAddressBook, IconTrash } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Segment, segmentQuery } from './queries.ts'
import { segmentRoute } from './routes.ts'
import { SegmentForm } from './segment-form.tsx'

/** One segment: its conditions, who is in it now. */
export default function SegmentPage() {
  const { t } = useStrings()
  const { may } = useSession()
  const { id } = segmentRoute.useParams()
  const found = useQuery(segmentQuery(id))
  return (
    <Page
      title={found.data?.item.name ?? t('area.segments')}
      subtitle={t('segments.live')}
      actions={
        found.data && (
          <>
            {may('Contact:View') && (
              <Button
                variant="default"
                leftSection={<IconAddressBook size={16} aria-hidden />}
                renderRoot={(props) => <Link to="/contacts" search={{ segment: id }} {...props} />}
              >
                {t('segments.people')}
              </Button>
            )}
            {may('Segment:Delete') && <Delete segment={found.data.item} />}
          </>
        )
      }
    >
      <Loaded label={t('area.segments')} query={found} height={420}>
        {({ item, etag }) => <SegmentForm key={item.id} segment={item} etag={etag} />}
      </Loaded>
    </Page>
  )
}

function Delete({ segment: { id, name } }: { readonly segment: Segment }) {
  const { t } = useStrings()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const { act, isPending } = useAct({
    run: (_: undefined) => answer(api.DELETE('/api/v1/Segment/{id}', { params: { path: { id } } })),
    async done() {
      await navigate({ to: '/segments' as string })
      queries.removeQueries({ queryKey: ['segments', 'one', id] })
      return t('segments.deleted', { name })
    },
    changes: [
      ['segments', 'list'],
      ['segments', 'choices'],
    ],
  })
  return (
    <>
      <Button variant="default" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsking(true)}>
        {t('segments.delete')}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={t('segments.deleteOf', { name })}
          verb={t('segments.delete')}
          isDangerous
          isPending={isPending}
          onConfirm={() => act(undefined)}
          onClose={() => setAsking(false)}
        >
          {t('segments.deleteHint')}
        </ConfirmDialog>
      )}
    </>
  )
}
