import { ActionIcon, Box, Group, Text, Tooltip, useComputedColorScheme } from '@mantine/core'
import { IconMoon, IconSun } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useStrings } from '../strings/language.tsx'
import { Bubble } from './bubble.tsx'
import type { PreviewMessage } from './message.ts'
import classes from './phone.module.css'

interface Phone {
  /** Heading above the phone. */
  readonly title: string
  readonly message: PreviewMessage
  /** Whose name stands above the chat. */
  readonly sender: string
  /** 09:00 */
  readonly time?: string
}

/** The message in a chat, on a phone. Shows what WhatsApp would; touches nothing outside this page. */
function Phone({ title, message, sender, time = '09:00', isDark }: Phone & { readonly isDark: boolean }) {
  const { t } = useStrings()
  return (
    <div className={`${classes.skin} ${classes.phone}`} data-dark={isDark}>
      <div className={classes.bar}>
        <span className={classes.face} aria-hidden>
          {[...sender][0]?.toUpperCase()}
        </span>
        <span className="typed">{sender}</span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long message scrolls, by the keyboard too */}
      <section className={classes.chat} tabIndex={0} aria-label={`${t('preview.chat')}: ${title}`}>
        <Bubble message={message} time={time} />
      </section>
    </div>
  )
}

/** The phone with its heading, its own light and dark, and what belongs below it. */
export function PhonePreview({ children, ...phone }: Phone & { readonly children?: ReactNode }) {
  const { t } = useStrings()
  const scheme = useComputedColorScheme('light')
  const [chosen, setChosen] = useState<'light' | 'dark'>()
  const isDark = (chosen ?? scheme) === 'dark'
  const label = t(isDark ? 'preview.toLight' : 'preview.toDark')
  return (
    <Box component="section" aria-label={phone.title}>
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Text component="h2" fw={650} fz="h3">
          {phone.title}
        </Text>
        <Tooltip label={label}>
          <ActionIcon aria-label={label} onClick={() => setChosen(isDark ? 'light' : 'dark')}>
            {isDark ? <IconSun size={17} aria-hidden /> : <IconMoon size={17} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      </Group>
      <Phone {...phone} isDark={isDark} />
      {children !== undefined && <Box mt="sm">{children}</Box>}
    </Box>
  )
}
