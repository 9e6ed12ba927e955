import { Box, Button, Code, Group, Paper, Select, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconHistory, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { useMemo, useState } from 'react'
import { AsOf } from '../parts/as-of.tsx'
import { DayField } from '../parts/day-field.tsx'
import { ListTable } from '../parts/list-table.tsx'
import { Page } from '../parts/page.tsx'
import { SidePanel } from '../parts/side-panel.tsx'
import { EmptyState } from '../parts/states.tsx'
import { useFormat } from '../parts/use-format.ts'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { AUDIT_OBJECTS, type AuditEntry, type AuditSearch, auditQuery } from './queries.ts'
import { auditRoute } from './routes.ts'

/** Who did what, newest first; nothing in it can be changed. */
export default function AuditLogPage() {
  const { t, named } = useStrings()
  const { workspace } = useSession()
  const search = auditRoute.useSearch()
  const navigate = useNavigate({ from: auditRoute.fullPath })
  const entries = useQuery(auditQuery(search, workspace.timeZone))
  const [opened, setOpened] = useState<AuditEntry>()
  const columns = useColumns(setOpened)
  const change = (changes: Partial<AuditSearch>) => void navigate({ search: (old) => ({ ...old, page: undefined, ...changes }) })
  const isFiltered = search.object !== undefined || search.from !== undefined || search.to !== undefined
  return (
    <Page title={t('area.auditLog')} subtitle={t('audit.hint')}>
      <Paper bg="var(--surface-card)">
        <Group p="md" gap="sm" justify="space-between" align="end">
          <Group gap="sm">
            <Select
              label={t('audit.object')}
              placeholder={t('audit.anyObject')}
              data={AUDIT_OBJECTS.map((value) => ({ value, label: named('auditObject', value) }))}
              value={search.object ?? null}
              onChange={(value) => change({ object: AUDIT_OBJECTS.find((known) => known === value) })}
              searchable
              clearable
              clearButtonProps={{ 'aria-label': t('action.clear') }}
              w={200}
            />
            <DayField label={t('audit.from')} day={search.from} onChange={(from) => change({ from })} />
            <DayField label={t('audit.to')} day={search.to} onChange={(to) => change({ to })} />
          </Group>
          <AsOf at={entries.dataUpdatedAt} />
        </Group>
        <ListTable
          label={t('area.auditLog')}
          query={entries}
          columns={columns}
          onPage={(page) => change({ page })}
          empty={
            <EmptyState
              icon={isFiltered ? IconSearchOff : IconHistory}
              title={t(isFiltered ? 'audit.noneMatch' : 'audit.none')}
              action={
                isFiltered && (
                  <Button variant="default" onClick={() => void navigate({ search: {} })}>
                    {t('list.clearFilters')}
                  </Button>
                )
              }
            />
          }
        />
      </Paper>
      {opened !== undefined && <Entry entry={opened} onClose={() => setOpened(undefined)} />}
    </Page>
  )
}

function useColumns(onOpen: (entry: AuditEntry) => void): readonly DataTableColumn<AuditEntry>[] {
  const { t, named } = useStrings()
  return useMemo(
    () => [
      {
        accessor: 'action',
        title: t('audit.what'),
        render: (entry) => (
          <Box miw={0}>
            <UnstyledButton fz="sm" fw={600} onClick={() => onOpen(entry)}>
              {named('auditAction', entry.action)}
            </UnstyledButton>
            <Text size="xs" c="dimmed" className="typed" lineClamp={1}>
              {subjectOf(entry)}
            </Text>
            <Text size="xs" c="dimmed" hiddenFrom="sm" className="typed">
              {entry.actor.name}
            </Text>
          </Box>
        ),
      },
      {
        accessor: 'object',
        title: t('audit.object'),
        width: 180,
        visibleMediaQuery: '(min-width: 75em)',
        render: ({ objectType }) => <Text size="sm">{named('auditObject', objectType)}</Text>,
      },
      {
        accessor: 'actor',
        title: t('audit.who'),
        width: 220,
        visibleMediaQuery: '(min-width: 48em)',
        render: ({ actor }) => (
          <>
            <Text size="sm" className="typed">
              {actor.name}
            </Text>
            <Text size="xs" c="dimmed">
              {named('actorType', actor.type)}
            </Text>
          </>
        ),
      },
      { accessor: 'at', title: t('audit.when'), width: 130, render: ({ at }) => <When at={at} size="sm" /> },
    ],
    [t, named, onOpen],
  )
}

/** What the act was about, where its details hold a word for it. */
const subjectOf = ({ detail }: AuditEntry): string =>
  [detail.name, detail.fileName, detail.phone, detail.email].filter((text) => typeof text === 'string').join(' · ')

function Entry({ entry, onClose }: { readonly entry: AuditEntry; onClose(): void }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const facts: (readonly [string, string | null])[] = [
    [t('audit.when'), format.exact(entry.at)],
    [t('audit.who'), `${entry.actor.name} (${named('actorType', entry.actor.type)})`],
    [t('audit.object'), named('auditObject', entry.objectType)],
    [t('audit.objectId'), entry.objectId],
    [t('audit.address'), entry.address],
    [t('audit.request'), entry.requestId],
  ]
  return (
    <SidePanel title={named('auditAction', entry.action)} onClose={onClose}>
      <Stack mt="sm">
        <Stack component="dl" gap="xs" m={0}>
          {facts
            .filter(([, value]) => value !== null)
            .map(([name, value]) => (
              <div key={name}>
                <Text component="dt" size="xs" c="dimmed">
                  {name}
                </Text>
                <Text component="dd" size="sm" m={0} className="typed">
                  {value}
                </Text>
              </div>
            ))}
        </Stack>
        {Object.keys(entry.detail).length > 0 && (
          <div>
            <Text size="xs" c="dimmed" mb={4}>
              {t('audit.detail')}
            </Text>
            <Code block dir="ltr">
              {JSON.stringify(entry.detail, null, 2)}
            </Code>
          </div>
        )}
      </Stack>
    </SidePanel>
  )
}
