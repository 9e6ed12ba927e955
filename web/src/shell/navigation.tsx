import { NavLink, ScrollArea, Text } from '@mantine/core'
import { Link, useLocation } from '@tanstack/react-router'
import { useStrings } from '../strings/language.tsx'
import { type Area, useAreas } from './areas.ts'
import classes from './navigation.module.css'

/** The ways to every area, the current one marked. */
export function Navigation() {
  const { t } = useStrings()
  const { main, settings } = useAreas()
  return (
    <ScrollArea type="never" h="100%">
      {main.map((area) => (
        <AreaLink key={area.to} area={area} />
      ))}
      {settings.length > 0 && (
        <Text size="xs" fw={600} c="dimmed" px="sm" pt="lg" pb={6}>
          {t('area.settings')}
        </Text>
      )}
      {settings.map((area) => (
        <AreaLink key={area.to} area={area} />
      ))}
    </ScrollArea>
  )
}

function AreaLink({ area: { to, label, icon: Icon } }: { readonly area: Area }) {
  const { t } = useStrings()
  const { pathname } = useLocation()
  const isHere = pathname === to || pathname.startsWith(`${to}/`)
  return (
    <NavLink
      renderRoot={(props) => <Link to={to} {...props} />}
      label={t(label)}
      leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
      active={isHere}
      aria-current={isHere ? 'page' : undefined}
      classNames={{ root: classes.link ?? '' }}
    />
  )
}
