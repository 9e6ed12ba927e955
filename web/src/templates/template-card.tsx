import { Anchor, Box, Group, Text, useComputedColorScheme } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { StatusChip } from '../parts/status-chip.tsx'
import { Bubble } from '../preview/bubble.tsx'
import { examplesOf, messageOf } from '../preview/message.ts'
import phone from '../preview/phone.module.css'
import { useStrings } from '../strings/language.tsx'
import { languageName } from './language-name.ts'
import classes from './list-page.module.css'
import { QualityMark } from './quality.tsx'
import type { Template } from './queries.ts'

/** A template in short: its name and state, and the beginning of what people see. */
export function TemplateCard({ template }: { readonly template: Template }) {
  const { named, locale } = useStrings()
  const isDark = useComputedColorScheme('light') === 'dark'
  return (
    <Box component="article" className={classes.card ?? ''}>
      <Box className={classes.head ?? ''}>
        <Group justify="space-between" align="flex-start" gap="xs" wrap="nowrap">
          <Anchor
            fw={600}
            size="sm"
            c="var(--mantine-color-text)"
            className={`typed ${classes.link}`}
            renderRoot={(props) => <Link to="/templates/$templateId" params={{ templateId: template.id }} {...props} />}
          >
            {template.name}
          </Anchor>
          <StatusChip status={template.status} />
        </Group>
        <Group gap={8} mt={4} wrap="nowrap" justify="space-between">
          <Text size="xs" c="dimmed" truncate>
            {languageName(template.language, locale)} · {named('category', template.category)}
          </Text>
          <QualityMark quality={template.quality} />
        </Group>
      </Box>
      <div className={`${phone.skin} ${classes.shown}`} data-dark={isDark} inert>
        <Bubble message={messageOf(template.components, examplesOf(template.parameters))} />
      </div>
    </Box>
  )
}
