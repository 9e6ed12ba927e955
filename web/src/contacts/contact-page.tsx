import { Alert, Anchor, Button, Group, Paper, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { ApiProblem } from '../api/problem.ts'
import { ConsentCard } from '../consent/consent-card.tsx'
import { Page } from '../parts/page.tsx'
import { FailureState } from '../parts/states.tsx'
import { useFormat } from '../parts/use-format.ts'
import { useSession } from '../session/session.tsx'
import { NotFoundPage } from '../shell/error-pages.tsx'
import { useStrings } from '../strings/language.tsx'
import { DeleteDialog } from './bulk-bar.tsx'
import { ConsentDialog } from './consent-dialog.tsx'
import { ContactDialog } from './contact-dialog.tsx'
import { type Contact, callName, contactQuery } from './queries.ts'
import { contactRoute } from './routes.ts'
import { Standing } from './standing.tsx'
import { Tags } from './tags.tsx'
import { TimelineCard } from './timeline-card.tsx'

/** One person: who they are, what they said about being messaged, and everything that happened. */
export default function ContactPage() {
  const { t } = useStrings()
  const { contactId } = contactRoute.useParams()
  const found = useQuery(contactQuery(contactId))
  if (found.error instanceof ApiProblem && found.error.status === 404) return <NotFoundPage />
  if (found.data === undefined && found.error !== null) return <FailureState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data === undefined)
    return <Skeleton height={320} role="status" aria-busy aria-label={t('list.loading', { label: t('contacts.contact') })} />
  const { item } = found.data
  return (
    <Page
      title={callName(item)}
      subtitle={item.phone ?? undefined}
      at={found.dataUpdatedAt}
      beside={<Standing contact={item} />}
      actions={<Acts opened={found.data} />}
    >
      <Stack>
        <Anchor size="sm" renderRoot={(props) => <Link to="/contacts" {...props} />}>
          {t('contacts.all')}
        </Anchor>
        {item.optedOutAt !== null && <OptedOut at={item.optedOutAt} />}
        <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
          <Facts contact={item} />
          <Stack>
            <ConsentCard contact={item} />
            <TimelineCard contactId={item.id} />
          </Stack>
        </SimpleGrid>
      </Stack>
    </Page>
  )
}

function OptedOut({ at }: { readonly at: string }) {
  const { t } = useStrings()
  const format = useFormat()
  return (
    <Alert color="gray" title={t('contacts.optedOutSince', { at: format.dateTime(at) })}>
      {t('contacts.optedOutHint')}
    </Alert>
  )
}

function Acts({ opened }: { readonly opened: { readonly item: Contact; readonly etag: string | null } }) {
  const { t } = useStrings()
  const { may } = useSession()
  const navigate = useNavigate()
  const [dialog, setDialog] = useState<'edit' | 'consent' | 'delete'>()
  const close = () => setDialog(undefined)
  const isOut = opened.item.optedOutAt !== null
  return (
    <>
      {may('Contact:Edit') && (
        <>
          <Button variant="default" leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setDialog('edit')}>
            {t('contacts.edit')}
          </Button>
          <Button variant="default" onClick={() => setDialog('consent')}>
            {t(isOut ? 'contacts.optIn' : 'contacts.optOut')}
          </Button>
        </>
      )}
      {may('Contact:Delete') && (
        <Button variant="default" c="var(--bad-text)" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setDialog('delete')}>
          {t('contacts.delete')}
        </Button>
      )}
      {dialog === 'edit' && <ContactDialog opened={opened} onClose={close} />}
      {dialog === 'consent' && <ConsentDialog contact={opened.item} onClose={close} />}
      {dialog === 'delete' && <DeleteDialog ids={[opened.item.id]} onDone={() => void navigate({ to: '/contacts' })} onClose={close} />}
    </>
  )
}

function Facts({ contact }: { readonly contact: Contact }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const rows: (readonly [string, ReactNode])[] = [
    [t('contacts.tags'), contact.tags.length > 0 && <Tags tags={contact.tags} />],
    [t('contacts.field.email'), contact.email],
    [t('contacts.field.language'), contact.language],
    [t('contacts.country'), contact.country],
    [t('contacts.field.timeZone'), contact.timeZone],
    [t('contacts.field.externalId'), contact.externalId],
    [t('contacts.userId'), contact.userId],
    [
      t('contacts.field.marketingOptIn'),
      named('marketingOptIn', contact.marketingOptIn === null ? 'unset' : contact.marketingOptIn ? 'true' : 'false'),
    ],
    ...Object.entries(contact.attributes),
    [t('contacts.created'), format.dateTime(contact.createdAt)],
    [t('contacts.updated'), format.dateTime(contact.updatedAt)],
  ]
  return (
    <Paper p="md" bg="var(--surface-card)" component="section" aria-labelledby="facts" miw={0}>
      <Text component="h2" id="facts" fw={650} fz="h3" mb="sm">
        {t('contacts.facts')}
      </Text>
      <Stack component="dl" gap="xs" m={0}>
        {rows
          .filter(([, value]) => value !== null && value !== false && value !== '')
          .map(([name, value]) => (
            <Group key={name} wrap="nowrap" align="baseline" gap="md">
              <Text component="dt" size="sm" c="dimmed" w={150} style={{ flexShrink: 0 }} className="typed" lineClamp={2}>
                {name}
              </Text>
              <Text component="dd" size="sm" m={0} miw={0} className="typed">
                {value}
              </Text>
            </Group>
          ))}
      </Stack>
    </Paper>
  )
}
