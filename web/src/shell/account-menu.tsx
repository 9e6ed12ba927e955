import { Avatar, Box, Menu, Text, UnstyledButton } from '@mantine/core'
import { IconAdjustments, IconBook2, IconLogout, IconUserCircle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useAct } from '../api/act.ts'
import { useSession } from '../session/session.tsx'
import { signOut } from '../session/sign-out.ts'
import { useStrings } from '../strings/language.tsx'

/** Who is signed in, their settings, and the way out. */
export function AccountMenu() {
  const { t } = useStrings()
  const { user, workspace } = useSession()
  const leave = useAct({ run: () => signOut(), changes: [] })
  return (
    <Menu width={240}>
      <Menu.Target>
        <UnstyledButton aria-label={t('account.menu', { name: user.name })} ms={4}>
          <Avatar name={user.name} size={32} color="brand" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Box px="sm" py={6}>
          <Text size="sm" fw={600} className="typed">
            {user.name}
          </Text>
          <Text size="xs" c="dimmed" className="typed">
            {user.email} · {workspace.role?.name}
          </Text>
        </Box>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconUserCircle size={16} aria-hidden />}
          renderRoot={(props) => <Link to="/settings/account" {...props} />}
        >
          {t('area.account')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconAdjustments size={16} aria-hidden />}
          renderRoot={(props) => <Link to="/settings/appearance" {...props} />}
        >
          {t('area.appearance')}
        </Menu.Item>
        <Menu.Item leftSection={<IconBook2 size={16} aria-hidden />} component="a" href="/docs" target="_blank" rel="noopener">
          {t('account.apiPage')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => leave.act()}>
          {t('account.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
