import { Anchor, Box, Button, Group, Pill, Select, Text } from '@mantine/core'
import { IconDownload, IconHeartHandshake, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { workspaceHeaders } from '../api/client.ts'
import { useDownload } from '../api/download.ts'
import { DayField } from '../parts/day-field.tsx'
import { ListTable } from '../parts/list-table.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { EmptyState } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { ACTIONS, type ConsentEvent, type ConsentSearch, filtersOf, historyQuery, SOURCES } from './queries.ts'
import { TopicSelect } from './topic-select.tsx'

const FROM_TABLET = '(min-width: 48em)'
const FROM_DESKTOP = '(min-width: 75em)'

/** The whole history with its filters, newest first. @param onSearch told what the address is to hold */
export function HistoryList({ search, onSearch }: { readonly search: ConsentSearch; onSearch(search: ConsentSearch): void }) {
  const { t, named } = useStrings()
  const { workspace } = useSession()
  const history = useQuery(historyQuery(search, workspace.timeZone))
  const columns = useColumns()
  const change = (changes: Partial<ConsentSearch>) => onSearch({ ...search, page: undefined, ...changes })
  const isFiltered = Object.keys(filtersOf(search, workspace.timeZone)).length > 0
  const choices = (name: 'consentSource' | 'contactEvent', values: readonly string[]) =>
    values.map((value) => ({ value, label: named(name, value) }))
  return (
    <>
      <Group p="md" gap="sm" align="end">
        <SearchField label={t('consent.search')} q={search.phone} onChange={(phone) => change({ phone })} />
        <Select
          label={t('consent.action')}
          placeholder={t('consent.any')}
          data={choices('contactEvent', ACTIONS)}
          value={search.action ?? null}
          onChange={(value) => change({ action: ACTIONS.find((known) => known === value) })}
          clearable
          clearButtonProps={{ 'aria-label': t('action.clear') }}
          w={{ base: '100%', xs: 190 }}
        />
        <Select
          label={t('consent.source')}
          placeholder={t('consent.any')}
          data={choices('consentSource', SOURCES)}
          value={search.source ?? null}
          onChange={(value) => change({ source: SOURCES.find((known) => known === value) })}
          clearable
          clearButtonProps={{ 'aria-label': t('action.clear') }}
          w={{ base: '100%', xs: 150 }}
        />
        <TopicSelect
          label={t('consent.topic')}
          placeholder={t('consent.any')}
          value={search.topic}
          onChange={(topic) => change({ topic })}
          w={{ base: '100%', xs: 150 }}
        />
        <Group gap="sm">
          <DayField label={t('audit.from')} day={search.from} onChange={(from) => change({ from })} />
          <DayField label={t('audit.to')} day={search.to} onChange={(to) => change({ to })} />
        </Group>
        {search.contact !== undefined && (
          <Pill withRemoveButton onRemove={() => change({ contact: undefined })} removeButtonProps={{ 'aria-label': t('action.clear') }}>
            {t('consent.ofOne')}
          </Pill>
        )}
      </Group>
      <ListTable
        label={t('consent.history')}
        query={history}
        columns={columns}
        onPage={(page) => onSearch({ ...search, page })}
        empty={
          <EmptyState
            icon={isFiltered ? IconSearchOff : IconHeartHandshake}
            title={t(isFiltered ? 'consent.noneMatch' : 'consent.none')}
            hint={isFiltered ? undefined : t('consent.noneHint')}
            action={
              isFiltered && (
                <Button variant="default" onClick={() => onSearch({})}>
                  {t('list.clearFilters')}
                </Button>
              )
            }
          />
        }
      />
    </>
  )
}

/** The same as a file. */
export function ExportButton({ search }: { readonly search: ConsentSearch }) {
  const { t } = useStrings()
  const { may, workspace } = useSession()
  const { download, isPending } = useDownload()
  if (!may('Contact:Export')) return null
  const query = new URLSearchParams(filtersOf(search, workspace.timeZone)).toString()
  const path = `/api/v1/Contact/consent/export${query === '' ? '' : `?${query}`}`
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} aria-hidden />}
      loading={isPending}
      onClick={() => download({ path, headers: workspaceHeaders(), fileName: 'consent.csv' })}
    >
      {t('consent.export')}
    </Button>
  )
}

function useColumns(): readonly DataTableColumn<ConsentEvent>[] {
  const { t, named } = useStrings()
  return [
    {
      accessor: 'contact',
      title: t('audit.who'),
      render: ({ contact, action, topic, source }) => (
        <Box miw={0}>
          <Anchor
            size="sm"
            fw={600}
            className="typed"
            renderRoot={(props) => <Link to="/contacts/$contactId" params={{ contactId: contact.id }} {...props} />}
          >
            {contact.name ?? contact.phone ?? '?'}
          </Anchor>
          {contact.name !== null && contact.phone !== null && (
            <Text size="xs" c="dimmed">
              <bdi className="number">{contact.phone}</bdi>
            </Text>
          )}
          <Text size="xs" c="dimmed" hiddenFrom="sm" className="typed">
            {[named('contactEvent', action), topic?.name, named('consentSource', source)].filter(Boolean).join(' · ')}
          </Text>
        </Box>
      ),
    },
    {
      accessor: 'action',
      title: t('consent.action'),
      width: 220,
      visibleMediaQuery: FROM_TABLET,
      render: ({ action, topic }) => <Said action={action} topic={topic} />,
    },
    {
      accessor: 'note',
      title: t('consent.evidence'),
      visibleMediaQuery: FROM_DESKTOP,
      render: ({ note }) => (
        <Text size="sm" className="typed" lineClamp={2}>
          {note || '–'}
        </Text>
      ),
    },
    {
      accessor: 'source',
      title: t('consent.source'),
      width: 200,
      visibleMediaQuery: FROM_TABLET,
      render: ({ source, recordedBy }) => (
        <>
          <Text size="sm">{named('consentSource', source)}</Text>
          {recordedBy !== null && (
            <Text size="xs" c="dimmed" className="typed">
              {recordedBy}
            </Text>
          )}
        </>
      ),
    },
    { accessor: 'saidAt', title: t('audit.when'), width: 130, render: ({ saidAt }) => <When at={saidAt} size="sm" /> },
  ]
}

/** What was said, and about what. */
export function Said({ action, topic }: Pick<ConsentEvent, 'action' | 'topic'>) {
  const { named } = useStrings()
  return (
    <>
      <Text size="sm" fw={500}>
        {named('contactEvent', action)}
      </Text>
      {topic !== null && (
        <Text size="xs" c="dimmed" className="typed">
          {topic.name}
        </Text>
      )}
    </>
  )
}
