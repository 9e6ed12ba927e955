import { DirectionProvider, localStorageColorSchemeManager, MantineProvider, useDirection } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { type ReactNode, useEffect } from 'react'
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
        <Notifications position="bottom-right" containerWidth={360} />
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
