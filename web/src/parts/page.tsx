import { Box, Group, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

interface Page {
  readonly title: string
  /** A person's own words: isolated, so that they cannot turn the page around. */
  readonly subtitle?: string | undefined
  /** Beside the title: a status chip. */
  readonly beside?: ReactNode
  /** What can be done on this page. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** Every page of a workspace: its heading, its acts, its content; names the browser's tab. */
export function Page({ title, subtitle, beside, actions, children }: Page) {
  useEffect(() => {
    document.title = `${title} · Fanfare`
  }, [title])
  return (
    <Box maw={1440} mx="auto">
      <Group justify="space-between" align="flex-end" mb="md" gap="sm">
        <Box miw={0}>
          <Group gap="sm">
            <Title order={1} className="typed">
              {title}
            </Title>
            {beside}
          </Group>
          {subtitle !== undefined && (
            <Text size="sm" c="dimmed" className="typed">
              {subtitle}
            </Text>
          )}
        </Box>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  )
}
