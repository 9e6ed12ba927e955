import { ScrollArea, Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { CampaignLink } from '../campaigns/campaign-link.tsx'
import { useFormat } from '../parts/use-format.ts'
import { useHasPage } from '../shell/areas.ts'
import { useStrings } from '../strings/language.tsx'
import { Card } from './card.tsx'
import type { Dashboard } from './queries.ts'

interface Row {
  readonly id: string
  readonly name: string
  readonly sent: number
  readonly delivered: number
  readonly read: number
  readonly clicked: number
}

/** The campaigns of the period that reached most. */
export function TopCampaigns({ campaigns }: { readonly campaigns: Dashboard['topCampaigns'] }) {
  const { t } = useStrings()
  return <TopCard title={t('dashboard.topCampaigns')} rows={campaigns} show={(campaign) => <CampaignLink campaign={campaign} />} />
}

/** The templates that were sent most, and how people took them. */
export function TopTemplates({ templates }: { readonly templates: Dashboard['topTemplates'] }) {
  const { t } = useStrings()
  const hasPage = useHasPage()
  return (
    <TopCard
      title={t('dashboard.topTemplates')}
      rows={templates}
      show={({ id, name, language }) => (
        <>
          <Text size="sm" fw={600} className="typed" lineClamp={1}>
            {hasPage('/templates/$templateId') ? (
              <Link to="/templates/$templateId" params={{ templateId: id }} style={{ color: 'inherit', textDecoration: 'none' }}>
                {name}
              </Link>
            ) : (
              name
            )}
          </Text>
          <Text size="xs" c="dimmed">
            {language}
          </Text>
        </>
      )}
    />
  )
}

function TopCard<Item extends Row>({
  title,
  rows,
  show,
}: {
  readonly title: string
  readonly rows: readonly Item[]
  show(row: Item): ReactNode
}) {
  const { t, named } = useStrings()
  const format = useFormat()
  const share = (part: number, whole: number) => format.share(whole === 0 ? null : part / whole)
  return (
    <Card title={title} empty={rows.length === 0 ? t('dashboard.noneSent') : undefined}>
      <ScrollArea viewportProps={{ tabIndex: 0 }}>
        <Table miw={420} verticalSpacing={6} horizontalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('dashboard.name')}</Table.Th>
              {(['sent', 'delivered', 'read', 'clicked'] as const).map((name) => (
                <Table.Th key={name} scope="col" ta="end">
                  {named('tally', name)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.id}>
                <Table.Td>{show(row)}</Table.Td>
                <Table.Td ta="end" className="number">
                  {format.number(row.sent)}
                </Table.Td>
                <Table.Td ta="end" className="number">
                  {share(row.delivered, row.sent)}
                </Table.Td>
                <Table.Td ta="end" className="number">
                  {share(row.read, row.delivered)}
                </Table.Td>
                <Table.Td ta="end" className="number">
                  {share(row.clicked, row.delivered)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
    </Card>
  )
}
