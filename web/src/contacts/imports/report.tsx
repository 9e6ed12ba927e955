import { Alert, Button, Group, Paper, Progress, ScrollArea, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { workspaceHeaders } from '../../api/client.ts'
import { useDownload } from '../../api/download.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Tile } from '../../parts/tile.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import { type ImportProgress, isUnderWay } from './queries.ts'

const COUNTS = ['created', 'updated', 'skipped', 'failed'] as const

/** How far an import or a check is, what it did or would do, and the rows it refused. */
export function ImportReport({ progress }: { readonly progress: ImportProgress }) {
  const { t } = useStrings()
  const format = useFormat()
  const { rows, status, dryRun, failure } = progress
  const done = COUNTS.reduce((sum, name) => sum + progress[name], 0)
  return (
    <Paper
      p="md"
      bg="var(--surface-card)"
      component="section"
      aria-label={t(dryRun ? 'imports.check' : 'imports.import')}
      aria-busy={isUnderWay(progress)}
    >
      <Group justify="space-between" mb={8}>
        <Group gap="xs">
          <Text fw={600} size="sm">
            {t(dryRun ? 'imports.checkOf' : 'imports.rowsOf', { done, rows })}
          </Text>
          {!dryRun && <StatusChip status={CHIPS[status]} />}
        </Group>
        {progress.failed > 0 && !isUnderWay(progress) && <ErrorsButton progress={progress} />}
      </Group>
      <Progress
        value={rows === 0 ? 0 : (100 * done) / rows}
        size={10}
        color="var(--bar-delivered)"
        aria-label={t('imports.progress')}
        mb="md"
      />
      {failure !== null && (
        <Alert color="red" role="alert" mb="md">
          {failure}
        </Alert>
      )}
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        {COUNTS.map((name) => (
          <Tile
            key={name}
            label={t(`imports.${dryRun ? 'would' : 'did'}.${name}`)}
            value={format.number(progress[name])}
            note={t('imports.ofRows', { count: rows })}
            look={name === 'failed' && progress.failed > 0 ? 'alarm' : undefined}
          />
        ))}
      </SimpleGrid>
      {progress.firstRefused.length > 0 && <Refused progress={progress} />}
    </Paper>
  )
}
/** The words of an import as those of a campaign, for their colours. */
const CHIPS = { Queued: 'Pending', Running: 'Running', Completed: 'Completed', Failed: 'Failed', Cancelled: 'Cancelled' } as const

function Refused({ progress: { firstRefused, failed } }: { readonly progress: ImportProgress }) {
  const { t, named } = useStrings()
  const format = useFormat()
  return (
    <Stack gap="xs" mt="md">
      <Text component="h2" size="sm" fw={600}>
        {t('imports.refused', { count: failed })}
      </Text>
      <ScrollArea viewportProps={{ tabIndex: 0 }}>
        <Table miw={520} verticalSpacing={6} horizontalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col" w={80}>
                {t('imports.line')}
              </Table.Th>
              <Table.Th scope="col">{t('imports.why')}</Table.Th>
              <Table.Th scope="col">{t('imports.row')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {firstRefused.map(({ line, reason, detail, cells }) => (
              <Table.Tr key={line}>
                <Table.Td className="number">{format.number(line)}</Table.Td>
                <Table.Td>
                  {named('importReason', reason)}
                  {detail !== '' && (
                    <Text size="xs" c="dimmed" className="typed">
                      {detail}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <Text size="xs" className="typed" lineClamp={2}>
                    {cells.join(' · ')}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {failed > firstRefused.length && (
        <Text size="xs" c="dimmed">
          {t('imports.moreRefused', { count: failed - firstRefused.length })}
        </Text>
      )}
    </Stack>
  )
}

function ErrorsButton({ progress: { id } }: { readonly progress: ImportProgress }) {
  const { t } = useStrings()
  const { download, isPending } = useDownload()
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconDownload size={14} aria-hidden />}
      loading={isPending}
      onClick={() => download({ path: `/api/v1/Contact/import/${id}/errors`, headers: workspaceHeaders(), fileName: 'import-errors.csv' })}
    >
      {t('imports.errors')}
    </Button>
  )
}
