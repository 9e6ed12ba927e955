import { ActionIcon, Anchor, AppShell, Box, Burger, Button, Group, Kbd, Text, Tooltip } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { IconSearch, IconWorld } from '@tabler/icons-react'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { mostTelling } from '../parts/most-telling.ts'
import { NumberChip } from '../parts/number-chip.tsx'
import { useSendingNumbers } from '../parts/sending-numbers.ts'
import { useIsSettled, useLater } from '../parts/use-later.ts'
import { useNow } from '../parts/use-now.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { Mark } from '../theme/mark.tsx'
import { AccountMenu } from './account-menu.tsx'
import { Navigation } from './navigation.tsx'
import { SchemeButton } from './scheme-button.tsx'
import { useShortcuts } from './shortcuts.ts'
import { WorkspaceSwitcher } from './workspace-switcher.tsx'

/** What surrounds every page: navigation, workspace, palette, account. On a phone the navigation is a drawer. */
export function Shell() {
  const { t } = useStrings()
  const [isOpen, { toggle, close }] = useDisclosure()
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the drawer
  useEffect(close, [pathname])
  useShortcuts()
  const { openPalette, palette } = usePalette()
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 224, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a href="#content" className="skip-link">
        {t('shell.skip')}
      </a>
      <AppShell.Header px="sm" bg="var(--surface-card)">
        <Group h="100%" gap="sm" wrap="nowrap" justify="space-between">
          <Group gap="sm" wrap="nowrap" miw={0}>
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('shell.menu')} aria-expanded={isOpen} />
            <Box visibleFrom="xs">
              <Mark />
            </Box>
            <Box hiddenFrom="xs">
              <Mark withWord={false} />
            </Box>
            <WorkspaceSwitcher />
          </Group>
          <Group gap={6} wrap="nowrap">
            <FrameNumber />
            <ZoneClock />
            <Button
              variant="default"
              size="xs"
              h={32}
              visibleFrom="sm"
              leftSection={<IconSearch size={14} aria-hidden />}
              rightSection={
                <Kbd size="xs" ms={4}>
                  {/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘ K' : 'Ctrl K'}
                </Kbd>
              }
              onClick={openPalette}
            >
              {t('palette.open')}
            </Button>
            <ActionIcon size="lg" hiddenFrom="sm" aria-label={t('palette.open')} onClick={openPalette}>
              <IconSearch size={18} aria-hidden />
            </ActionIcon>
            <SchemeButton />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" bg="var(--surface-card)" aria-label={t('shell.navigation')}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} bg="var(--surface-page)" style={{ outline: 'none' }}>
        <Outlet />
      </AppShell.Main>
      {palette}
    </AppShell>
  )
}

/** The number that says most of how sending stands, on every page; the way to all of them. */
function FrameNumber() {
  const numbers = useSendingNumbers()
  const number = mostTelling(numbers)
  if (number === undefined) return null
  return (
    <Anchor underline="never" visibleFrom="lg" me="xs" lh={1} renderRoot={(props) => <Link to="/settings/numbers" {...props} />}>
      <NumberChip number={number} />
    </Anchor>
  )
}

/** Comes when the page has settled or when it is asked for, whichever is first. */
function usePalette() {
  const [opened, setOpened] = useState(0)
  const isSettled = useIsSettled()
  const openPalette = () => setOpened((times) => times + 1)
  useHotkeys([['mod + K', openPalette]], [])
  const Palette = useLater(() => import('./command-palette.tsx'), opened || isSettled)
  return { openPalette, palette: Palette && <Palette opened={opened} /> }
}

/** The workspace's time and its zone: every time on screen is meant in it. */
function ZoneClock() {
  const { locale, t } = useStrings()
  const { timeZone } = useSession().workspace
  const now = useNow(15_000)
  const time = new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(now)
  return (
    <Tooltip label={t('shell.zoneHint')}>
      <Group gap={5} wrap="nowrap" c="dimmed" visibleFrom="md" me="xs">
        <IconWorld size={15} stroke={1.6} aria-hidden />
        <Text component="span" size="xs" className="number">
          {time} · <bdi>{timeZone}</bdi>
        </Text>
      </Group>
    </Tooltip>
  )
}
