import { Box, Group, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { AsOf } from './as-of.tsx'

interface Page {
  readonly title: string
  /** A person's own words: isolated, so that they cannot turn the page around. */
  readonly subtitle?: string | undefined
  /** When what is shown was asked for: of pages without a bar of their own to say it. */
  readonly at?: number | undefined
  /** Beside the title: a status chip. */
  readonly beside?: ReactNode
  /** What can be done on this page. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** Every page of a workspace: its heading, its acts, its content; names the browser's tab. */
export function Page({ title, subtitle, at = 0, beside, actions, children }: Page) {
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
          {(subtitle !== undefined || at > 0) && (
            <Group gap="2px 12px" align="baseline">
              {subtitle !== undefined && (
                <Text size="sm" c="dimmed" className="typed">
                  {subtitle}
                </Text>
              )}
              {at > 0 && <AsOf at={at} />}
            </Group>
          )}
        </Box>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  )
}
