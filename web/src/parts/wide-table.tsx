import { ScrollArea, Table } from '@mantine/core'
import type { ReactNode } from 'react'

/** A short list in full, without pages: scrolls sideways by itself where the screen is narrower than its columns. */
export function WideTable({
  label,
  minWidth,
  head,
  numbersFrom,
  children,
}: {
  /** What the table lists, for a screen reader. */
  readonly label: string
  /** Pixels. */
  readonly minWidth: number
  readonly head: readonly ReactNode[]
  /** From this column on there are figures: they end at one line. */
  readonly numbersFrom?: number
  /** `Table.Tr`s. */
  readonly children: ReactNode
}) {
  return (
    <ScrollArea viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': label }}>
      <Table miw={minWidth} verticalSpacing="sm" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            {head.map((title, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column has no other name than its place
              <Table.Th key={i} {...(numbersFrom !== undefined && i >= numbersFrom ? { ta: 'end' } : {})}>
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </ScrollArea>
  )
}
