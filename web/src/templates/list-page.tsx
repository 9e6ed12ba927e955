import { Box, Button, Group, Paper, Select, Skeleton } from '@mantine/core'
import { IconMessageCircle, IconPlus, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { templateChoicesQuery } from '../campaigns/queries.ts'
import { AsOf } from '../parts/as-of.tsx'
import { Page } from '../parts/page.tsx'
import { Pages } from '../parts/pages.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { EmptyState, FailureState } from '../parts/states.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { languageName } from './language-name.ts'
import classes from './list-page.module.css'
import { CATEGORIES, TEMPLATE_STATUSES, type TemplateSearch, templatesQuery } from './queries.ts'
import { templateListRoute } from './routes.ts'
import { SyncButton } from './sync-button.tsx'
import { TemplateCard } from './template-card.tsx'

/** Every template with what a phone shows of it, its state and its quality at Meta. */
export default function TemplateListPage() {
  const { t } = useStrings()
  const search = templateListRoute.useSearch()
  const navigate = useNavigate({ from: templateListRoute.fullPath })
  const templates = useQuery(templatesQuery(search))
  const { data } = templates
  const change = (changes: Partial<TemplateSearch>, replace = false) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...changes }), replace })
  const isFiltered = [search.q, search.status, search.category, search.language].some((value) => value !== undefined)
  return (
    <Page
      title={t('area.templates')}
      subtitle={t('templates.hint')}
      actions={
        <>
          <SyncButton />
          <NewTemplate />
        </>
      }
    >
      <Paper bg="var(--surface-card)">
        <Group p="md" gap="sm" justify="space-between">
          <Filters search={search} onChange={change} />
          <AsOf at={templates.dataUpdatedAt} />
        </Group>
        <Box px="md" pb="md">
          {data === undefined && templates.error !== null && (
            <FailureState error={templates.error} onRetry={() => void templates.refetch()} />
          )}
          {data === undefined && templates.error === null && (
            <Box className={classes.cards} role="status" aria-busy aria-label={t('list.loading', { label: t('area.templates') })}>
              {['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
                <Skeleton key={key} height={330} />
              ))}
            </Box>
          )}
          {data?.items.length === 0 &&
            (isFiltered ? (
              <EmptyState
                icon={IconSearchOff}
                title={t('templates.noneMatch')}
                action={
                  <Button variant="default" onClick={() => void navigate({ search: {} })}>
                    {t('list.clearFilters')}
                  </Button>
                }
              />
            ) : (
              <EmptyState icon={IconMessageCircle} title={t('templates.none')} hint={t('templates.noneHint')} action={<NewTemplate />} />
            ))}
          {data !== undefined && data.items.length > 0 && (
            <ul className={classes.cards} data-stale={templates.isPlaceholderData} aria-label={t('area.templates')}>
              {data.items.map((template) => (
                <li key={template.id}>
                  <TemplateCard template={template} />
                </li>
              ))}
            </ul>
          )}
        </Box>
        {data !== undefined && data.items.length > 0 && (
          <Pages label={t('area.templates')} page={data} onPage={(page) => change({ page })} />
        )}
      </Paper>
    </Page>
  )
}

function NewTemplate() {
  const { t } = useStrings()
  const { may } = useSession()
  if (!may('WhatsappTemplate:Create')) return null
  return (
    <Button leftSection={<IconPlus size={16} aria-hidden />} renderRoot={(props) => <Link to="/templates/new" {...props} />}>
      {t('templates.new')}
    </Button>
  )
}

function Filters({
  search,
  onChange,
}: {
  readonly search: TemplateSearch
  onChange(changes: Partial<TemplateSearch>, replace?: boolean): void
}) {
  const { t, named, locale } = useStrings()
  const known = useQuery(templateChoicesQuery).data?.items ?? []
  const languages = [...new Set([...known.map(({ language }) => language), ...(search.language ? [search.language] : [])])].sort()
  const clear = { 'aria-label': t('action.clear') }
  return (
    <Group gap="sm" className={classes.filters ?? ''}>
      <SearchField label={t('templates.search')} q={search.q} className={classes.search ?? ''} onChange={(q) => onChange({ q }, true)} />
      <Select
        aria-label={t('templates.status')}
        placeholder={t('templates.anyStatus')}
        data={TEMPLATE_STATUSES.map((value) => ({ value, label: named('status', value) }))}
        value={search.status ?? null}
        onChange={(value) => onChange({ status: TEMPLATE_STATUSES.find((status) => status === value) })}
        clearable
        clearButtonProps={clear}
        className={classes.filter ?? ''}
      />
      <Select
        aria-label={t('templates.category')}
        placeholder={t('templates.anyCategory')}
        data={CATEGORIES.map((value) => ({ value, label: named('category', value) }))}
        value={search.category ?? null}
        onChange={(value) => onChange({ category: CATEGORIES.find((category) => category === value) })}
        clearable
        clearButtonProps={clear}
        className={classes.filter ?? ''}
      />
      <Select
        aria-label={t('templates.language')}
        placeholder={t('templates.anyLanguage')}
        data={languages.map((value) => ({ value, label: languageName(value, locale) }))}
        value={search.language ?? null}
        onChange={(value) => onChange({ language: value ?? undefined })}
        searchable
        clearable
        clearButtonProps={clear}
        className={classes.filter ?? ''}
      />
    </Group>
  )
}
