import { Button, Menu, Text } from '@mantine/core'
import { IconCheck, IconSelector } from '@tabler/icons-react'
import { baseOf } from '../session/place.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'

/** The workspace of this page and the way to another: a page load, so that nothing is carried along. */
export function WorkspaceSwitcher() {
  const { t } = useStrings()
  const { workspace, workspaces } = useSession()
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          h={32}
          miw={0}
          maw={{ base: 130, xs: 220 }}
          rightSection={<IconSelector size={14} aria-hidden />}
          aria-label={t('workspace.switch', { name: workspace.name })}
        >
          <Text component="bdi" inherit truncate>
            {workspace.name}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('workspace.yours')}</Menu.Label>
        {workspaces.map(({ id, name }) => (
          <Menu.Item
            key={id}
            component="a"
            href={baseOf(id)}
            rightSection={id === workspace.id ? <IconCheck size={14} aria-label={t('workspace.current')} /> : undefined}
          >
            <span className="typed">{name}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
