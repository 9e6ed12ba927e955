import { ScrollArea, Select, Table, Text } from '@mantine/core'
import { useStrings } from '../../strings/language.tsx'
import type { Sample } from './sample.ts'
import { targetsFor } from './settings.ts'

interface MappingTable {
  readonly sample: Sample
  /** What the server made of each column when it last looked; chosen ones among them. */
  readonly guessed: Readonly<Record<string, string>>
  readonly chosen: Readonly<Record<string, string>>
  onChoose(header: string, target: string): void
}

/** Each column of the file with its first values and what it becomes. */
export function MappingTable({ sample, guessed, chosen, onChoose }: MappingTable) {
  const { t, named } = useStrings()
  const label = (target: string) =>
    target.startsWith('attributes.') ? t('imports.attribute', { name: target.slice('attributes.'.length) }) : named('importTarget', target)
  return (
    <ScrollArea viewportProps={{ tabIndex: 0 }}>
      <Table miw={560} verticalSpacing="xs" horizontalSpacing="xs" aria-label={t('imports.columns')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('imports.column')}</Table.Th>
            <Table.Th scope="col">{t('imports.values')}</Table.Th>
            <Table.Th scope="col" w={240}>
              {t('imports.becomes')}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sample.headers.map((header, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name
            <Table.Tr key={place}>
              <Table.Th scope="row">
                <Text size="sm" fw={600} className="typed" lineClamp={2}>
                  {header === '' ? t('imports.noHeader') : header}
                </Text>
              </Table.Th>
              <Table.Td>
                <Text size="xs" c="dimmed" className="typed" lineClamp={2}>
                  {sample.rows
                    .map((row) => row[place] ?? '')
                    .filter((value) => value !== '')
                    .join(' · ')}
                </Text>
              </Table.Td>
              <Table.Td>
                <Select
                  aria-label={t('imports.becomesOf', { column: header })}
                  placeholder={t('imports.guess')}
                  data={targetsFor(header).map((value) => ({ value, label: label(value) }))}
                  value={chosen[header] ?? guessed[header] ?? null}
                  onChange={(value) => value !== null && onChoose(header, value)}
                  allowDeselect={false}
                  size="xs"
                />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  )
}
