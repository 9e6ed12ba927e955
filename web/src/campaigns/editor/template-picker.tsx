import { Box, Button, Group, Pagination, Skeleton, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconMessageCircleOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { SearchField } from '../../parts/search-field.tsx'
import { EmptyState, FailureState } from '../../parts/states.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { useStrings } from '../../strings/language.tsx'
import { QualityMark } from '../../templates/quality.tsx'
import { type Template, templatesQuery } from '../../templates/queries.ts'
import { editorRoute } from '../routes.ts'
import classes from './editor.module.css'

/** Templates as cards, found by name. One that campaigns cannot send says why. */
export function TemplatePicker({ value, onChoose }: { readonly value: string | null; onChoose(template: Template): void }) {
  const { t } = useStrings()
  const { q, page } = editorRoute.useSearch()
  const navigate = useNavigate()
  const change = (changes: { q?: string | undefined; page?: number | undefined }) =>
    void navigate({ to: '.', search: (old) => ({ ...old, page: undefined, ...changes }), replace: true, resetScroll: false })
  const templates = useQuery(templatesQuery({ q, page, size: 12 }))
  const { data } = templates
  return (
    <Stack gap="sm">
      <SearchField label={t('templates.search')} q={q} onChange={(text) => change({ q: text })} />
      {data === undefined && templates.error !== null && <FailureState error={templates.error} onRetry={() => void templates.refetch()} />}
      {data === undefined && templates.error === null && (
        <Box className={classes.templates} role="status" aria-busy aria-label={t('list.loading', { label: t('area.templates') })}>
          {['a', 'b', 'c', 'd'].map((key) => (
            <Skeleton key={key} height={112} />
          ))}
        </Box>
      )}
      {data?.items.length === 0 && (
        <EmptyState
          icon={IconMessageCircleOff}
          title={t(q === undefined ? 'templates.none' : 'templates.noneMatch')}
          action={
            q === undefined ? (
              <Button variant="default" renderRoot={(props) => <Link to="/templates" {...props} />}>
                {t('editor.toTemplates')}
              </Button>
            ) : (
              <Button variant="default" onClick={() => change({ q: undefined })}>
                {t('list.clearFilters')}
              </Button>
            )
          }
        />
      )}
      {data !== undefined && data.items.length > 0 && (
        <Box component="ul" className={classes.templates} m={0} p={0} style={{ listStyle: 'none' }}>
          {data.items.map((template) => (
            <li key={template.id}>
              <Card template={template} isChosen={template.id === value} onChoose={() => onChoose(template)} />
            </li>
          ))}
        </Box>
      )}
      {data !== undefined && data.totalPages > 1 && (
        <Pagination
          size="sm"
          value={data.pageNumber}
          total={data.totalPages}
          onChange={(number) => change({ page: number })}
          getItemProps={(number) => ({ 'aria-label': t('list.page', { number }) })}
          getControlProps={(control) => ({ 'aria-label': t(control === 'next' ? 'list.next' : 'list.previous') })}
        />
      )}
    </Stack>
  )
}

function Card({ template, isChosen, onChoose }: { readonly template: Template; readonly isChosen: boolean; onChoose(): void }) {
  const { named } = useStrings()
  const body = template.components.find(({ type }) => String(type).toUpperCase() === 'BODY')?.text
  return (
    <UnstyledButton
      className={classes.template ?? ''}
      aria-pressed={isChosen}
      disabled={template.unsupportedReason !== null}
      onClick={onChoose}
    >
      <Group justify="space-between" gap={6} wrap="nowrap" align="flex-start">
        <Text size="sm" fw={600} className="typed">
          {template.name}
        </Text>
        <StatusChip status={template.status} />
      </Group>
      <Group gap={6}>
        <Text size="xs" c="dimmed">
          <bdi>{template.language}</bdi> · {named('category', template.category)}
        </Text>
        <QualityMark quality={template.quality} />
      </Group>
      <span className={`${classes.excerpt} typed`}>{template.unsupportedReason ?? (typeof body === 'string' ? body : '')}</span>
    </UnstyledButton>
  )
}
