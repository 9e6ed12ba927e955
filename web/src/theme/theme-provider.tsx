import { DirectionProvider, localStorageColorSchemeManager, MantineProvider, useDirection } from '@mantine/core'
import { notificationsStore, useNotifications } from '@mantine/notifications'
import { type ReactNode, useEffect } from 'react'
import { useIsSettled, useLater } from '../parts/use-later.ts'
import { useStrings } from '../strings/language.tsx'
import { cssVariables, theme } from './theme.ts'

const schemes = localStorageColorSchemeManager({ key: 'fanfare.scheme' })

/** Colours, density and direction of everything below. */
export function ThemeProvider({ children }: { readonly children: ReactNode }) {
  const { dir } = useStrings()
  return (
    <DirectionProvider initialDirection={dir} detectDirection={false}>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} colorSchemeManager={schemes} defaultColorScheme="auto">
        <FollowLanguage />
        <ToastsLater />
        {children}
      </MantineProvider>
    </DirectionProvider>
  )
}

/** A language chosen later turns the page around without a reload. */
function FollowLanguage() {
  const { dir } = useStrings()
  const { setDirection } = useDirection()
  useEffect(() => setDirection(dir), [dir, setDirection])
  return null
}

/** The first page says nothing in a toast: their place comes with the first one, or when the page has settled. */
function ToastsLater() {
  const said = useNotifications(notificationsStore).notifications.length
  const isSettled = useIsSettled()
  const Toasts = useLater(() => import('./toasts.tsx'), said || isSettled)
  return Toasts && <Toasts />
}
