import { Box, Button, Group, Paper, ScrollArea, Select, Tabs } from '@mantine/core'
import { IconPlus, IconSearchOff, IconSpeakerphone } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { AsOf } from '../parts/as-of.tsx'
import { ListTable } from '../parts/list-table.tsx'
import { Page } from '../parts/page.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { EmptyState } from '../parts/states.tsx'
import { useFormat } from '../parts/use-format.ts'
import { useSession } from '../session/session.tsx'
import { useHasPage } from '../shell/areas.ts'
import { useStrings } from '../strings/language.tsx'
import { useCampaignColumns } from './columns.tsx'
import classes from './list-page.module.css'
import { nested, nestedIds } from './nesting.ts'
import { type CampaignSearch, campaignsQuery, STATUSES, type Status, statusCountsQuery, templateChoicesQuery } from './queries.ts'
import { campaignListRoute } from './routes.ts'

/** Every campaign: by status, name and template; what each may do is in its row. */
export default function CampaignListPage() {
  const { t } = useStrings()
  const search = campaignListRoute.useSearch()
  const navigate = useNavigate({ from: campaignListRoute.fullPath })
  const campaigns = useQuery(campaignsQuery(search))
  const columns = useCampaignColumns()
  /** Another filter starts at its first page; a page is a step that "back" returns from, typing is not. */
  const change = (changes: Partial<CampaignSearch>, replace = false) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...changes }), replace })

  const page = useMemo(() => campaigns.data && { ...campaigns.data, items: nested(campaigns.data.items) }, [campaigns.data])
  const below = useMemo(() => nestedIds(page?.items ?? []), [page])
  const isFiltered = search.q !== undefined || search.template !== undefined || search.status !== undefined
  return (
    <Page title={t('area.campaigns')} subtitle={t('campaigns.hint')} actions={<NewCampaign />}>
      <Paper bg="var(--surface-card)">
        <StatusTabs status={search.status} q={search.q} onChange={(status) => change({ status })} />
        <Group p="md" gap="sm" justify="flex-end">
          <Group gap="sm" className={classes.filters ?? ''}>
            <SearchField label={t('campaigns.search')} className={classes.search} q={search.q} onChange={(q) => change({ q }, true)} />
            <TemplateFilter value={search.template} onChange={(template) => change({ template })} />
          </Group>
          <AsOf at={campaigns.dataUpdatedAt} />
        </Group>
        <ListTable
          label={t('area.campaigns')}
          query={{ ...campaigns, data: page }}
          columns={columns}
          sort={search.sort ?? 'createddate desc'}
          onSort={(sort) => change({ sort: sort as CampaignSearch['sort'] })}
          onPage={(number) => change({ page: number })}
          isNested={({ id }) => below.has(id)}
          empty={
            isFiltered ? (
              <EmptyState
                icon={IconSearchOff}
                title={t('campaigns.noneMatch')}
                action={
                  <Button variant="default" onClick={() => void navigate({ search: {} })}>
                    {t('list.clearFilters')}
                  </Button>
                }
              />
            ) : (
              <EmptyState icon={IconSpeakerphone} title={t('campaigns.none')} hint={t('campaigns.noneHint')} action={<NewCampaign />} />
            )
          }
        />
      </Paper>
    </Page>
  )
}

function NewCampaign() {
  const { t } = useStrings()
  const { may } = useSession()
  const hasPage = useHasPage()
  if (!hasPage('/campaigns/new') || !may('WhatsappCampaign:Create')) return null
  return (
    <Button leftSection={<IconPlus size={16} aria-hidden />} renderRoot={(props) => <Link to={'/campaigns/new' as string} {...props} />}>
      {t('campaigns.new')}
    </Button>
  )
}

function StatusTabs({
  status,
  q,
  onChange,
}: {
  status: Status | undefined
  q: string | undefined
  onChange(status: Status | undefined): void
}) {
  const { t, named } = useStrings()
  const format = useFormat()
  const counts = useQuery(statusCountsQuery(q)).data
  return (
    <Tabs value={status ?? 'All'} onChange={(value) => onChange(STATUSES.find((known) => known === value))}>
      <ScrollArea type="never" viewportProps={{ tabIndex: -1 }}>
        <Tabs.List className={classes.tabs ?? ''} aria-label={t('campaigns.byStatus')}>
          {['All', ...STATUSES].map((tab) => {
            const count = counts?.[tab as Status]
            return (
              <Tabs.Tab
                key={tab}
                value={tab}
                rightSection={
                  count !== undefined && (
                    <span className={`number ${classes.count}`} data-alarm={tab === 'Failed' && count > 0}>
                      {format.number(count)}
                    </span>
                  )
                }
              >
                {named('status', tab)}
              </Tabs.Tab>
            )
          })}
        </Tabs.List>
      </ScrollArea>
    </Tabs>
  )
}

function TemplateFilter({ value, onChange }: { readonly value: string | undefined; onChange(template: string | undefined): void }) {
  const { t } = useStrings()
  const { may } = useSession()
  const templates = useQuery({ ...templateChoicesQuery, enabled: may('WhatsappTemplate:View') })
  if (!may('WhatsappTemplate:View')) return null
  return (
    <Box className={classes.template}>
      <Select
        aria-label={t('campaigns.template')}
        placeholder={t('campaigns.anyTemplate')}
        data={(templates.data?.items ?? []).map(({ id, name, language }) => ({ value: id, label: `${name} · ${language}` }))}
        value={value ?? null}
        onChange={(chosen) => onChange(chosen ?? undefined)}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': t('action.clear') }}
        nothingFoundMessage={t('campaigns.noTemplate')}
      />
    </Box>
  )
}
