import { Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconHelpCircle, type IconProps } from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { useStrings } from '../strings/language.tsx'

const LOOKS: Readonly<Record<string, readonly [string, ComponentType<IconProps>]>> = {
  GREEN: ['var(--ok-text)', IconCircleCheck],
  YELLOW: ['var(--warn-text)', IconAlertTriangle],
  RED: ['var(--bad-text)', IconAlertTriangle],
}

/** How people like a template, as Meta rates it: a word with an icon, never colour alone. */
export function QualityMark({ quality }: { readonly quality: string }) {
  const { named } = useStrings()
  const [color, Icon] = LOOKS[quality] ?? ['var(--mantine-color-dimmed)', IconHelpCircle]
  return (
    <Text component="span" size="xs" fw={500} style={{ color, display: 'inline-flex', alignItems: 'center', gap: 4 }}>
      <Icon size={13} aria-hidden />
      {named('quality', quality)}
    </Text>
  )
}
