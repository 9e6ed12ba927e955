import { Drawer, Group, type MantineSize } from '@mantine/core'
import type { ReactNode } from 'react'
import { useStrings } from '../strings/language.tsx'

/** What belongs to one row of a page, beside the page: closed with Escape or a click outside. */
export function SidePanel({
  opened = true,
  title,
  size = 'md',
  onClose,
  children,
}: {
  readonly opened?: boolean
  readonly title: string
  readonly size?: MantineSize
  onClose(): void
  readonly children: ReactNode
}) {
  const { t } = useStrings()
  return (
    <Drawer.Root opened={opened} onClose={onClose} position="right" size={size}>
      <Drawer.Overlay />
      <Drawer.Content>
        {/* Not Drawer.Header: a second banner of the page to a screen reader. */}
        <Group justify="space-between" wrap="nowrap" align="start" p="md" pb={0}>
          <Drawer.Title className="typed">{title}</Drawer.Title>
          <Drawer.CloseButton aria-label={t('action.close')} />
        </Group>
        <Drawer.Body>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}
