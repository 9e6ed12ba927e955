import { Group, Paper, Text } from '@mantine/core'
import { type ReactNode, useId } from 'react'

interface Card {
  readonly title: string
  readonly aside?: ReactNode
  /** Shown instead of the content when there is none. */
  readonly empty?: string | undefined
  readonly children?: ReactNode
}

/** One question the dashboard answers. */
export function Card({ title, aside, empty, children }: Card) {
  const id = useId()
  return (
    <Paper p="md" bg="var(--surface-card)" component="section" aria-labelledby={id} miw={0}>
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Text component="h2" id={id} fw={650} fz="h3">
          {title}
        </Text>
        {aside}
      </Group>
      {empty === undefined ? (
        children
      ) : (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      )}
    </Paper>
  )
}
