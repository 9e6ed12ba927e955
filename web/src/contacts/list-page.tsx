import { Button, Group, Paper, Select } from '@mantine/core'
import { IconAddressBook, IconFileImport, IconPlus, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { AsOf } from '../parts/as-of.tsx'
import { ListTable } from '../parts/list-table.tsx'
import { Page } from '../parts/page.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { EmptyState } from '../parts/states.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { useContactColumns } from './columns.tsx'
import { ContactDialog } from './contact-dialog.tsx'
import { ExportButton } from './export-button.tsx'
import classes from './list-page.module.css'
import { type Contact, type ContactSearch, callName, contactsQuery, filterOf, STANDINGS, tagsQuery } from './queries.ts'
import { contactListRoute } from './routes.ts'

/** Everybody the workspace knows: found, filtered, tagged. */
export default function ContactListPage() {
  const { t } = useStrings()
  const { may } = useSession()
  const search = contactListRoute.useSearch()
  const navigate = useNavigate({ from: contactListRoute.fullPath })
  const contacts = useQuery(contactsQuery(search))
  const columns = useContactColumns()
  const [selected, setSelected] = useState<readonly Contact[]>([])
  const [isCreating, setIsCreating] = useState(false)
  const change = (changes: Partial<ContactSearch>, replace = false) => {
    setSelected([])
    void navigate({ search: (old) => ({ ...old, page: undefined, ...changes }), replace })
  }
  const isFiltered = search.q !== undefined || filterOf(search) !== undefined
  const ways = (
    <Group gap="xs">
      {may('Contact:Import') && (
        <Button
          variant="default"
          leftSection={<IconFileImport size={16} aria-hidden />}
          renderRoot={(props) => <Link to="/contacts/import" {...props} />}
        >
          {t('contacts.import')}
        </Button>
      )}
      {may('Contact:Create') && (
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setIsCreating(true)}>
          {t('contacts.new')}
        </Button>
      )}
    </Group>
  )
  return (
    <Page title={t('area.contacts')} subtitle={t('contacts.hint')} actions={ways}>
      <Paper bg="var(--surface-card)">
        <Group p="md" gap="sm" justify="space-between">
          <Group gap="sm" flex={1} className={classes.filters}>
            <SearchField label={t('contacts.search')} q={search.q} onChange={(q) => change({ q }, true)} />
            <TagFilter tag={search.tag} onChange={(tag) => change({ tag })} />
            <StandingFilter standing={search.standing} onChange={(standing) => change({ standing })} />
            {search.import !== undefined && (
              <Button variant="light" onClick={() => change({ import: undefined })}>
                {t('contacts.ofImport')}
              </Button>
            )}
          </Group>
          <Group gap="sm">
            {may('Contact:Export') && <ExportButton />}
            <AsOf at={contacts.dataUpdatedAt} />
          </Group>
        </Group>
        {selected.length > 0 && <BulkBar selected={selected} onDone={() => setSelected([])} />}
        <ListTable
          label={t('area.contacts')}
          query={contacts}
          columns={columns}
          sort={search.sort ?? 'createddate desc'}
          onSort={(sort) => change({ sort: sort as ContactSearch['sort'] })}
          onPage={(page) => change({ page })}
          nameOf={callName}
          {...(may('Contact:Edit') || may('Contact:Delete') ? { selected, onSelect: setSelected } : {})}
          empty={
            isFiltered ? (
              <EmptyState
                icon={IconSearchOff}
                title={t('contacts.noneMatch')}
                action={
                  <Button variant="default" onClick={() => void navigate({ search: {} })}>
                    {t('list.clearFilters')}
                  </Button>
                }
              />
            ) : (
              <EmptyState icon={IconAddressBook} title={t('contacts.none')} hint={t('contacts.noneHint')} action={ways} />
            )
          }
        />
      </Paper>
      {isCreating && <ContactDialog onClose={() => setIsCreating(false)} />}
    </Page>
  )
}

function TagFilter({ tag, onChange }: { readonly tag: string | undefined; onChange(tag: string | undefined): void }) {
  const { t } = useStrings()
  const known = useQuery(tagsQuery).data?.items.map((item) => item.tag) ?? []
  return (
    <Select
      aria-label={t('contacts.tag')}
      placeholder={t('contacts.anyTag')}
      data={tag === undefined || known.includes(tag) ? known : [tag, ...known]}
      value={tag ?? null}
      onChange={(value) => onChange(value ?? undefined)}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('action.clear') }}
      w={180}
    />
  )
}

type Standing = ContactSearch['standing']
function StandingFilter({ standing, onChange }: { readonly standing: Standing; onChange(standing: Standing): void }) {
  const { t } = useStrings()
  return (
    <Select
      aria-label={t('contacts.standing')}
      placeholder={t('contacts.anyStanding')}
      data={STANDINGS.map((value) => ({ value, label: t(`contacts.standing.${value}`) }))}
      value={standing ?? null}
      onChange={(value) => onChange(STANDINGS.find((known) => known === value))}
      clearable
      clearButtonProps={{ 'aria-label': t('action.clear') }}
      w={150}
    />
  )
}
