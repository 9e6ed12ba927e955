import { Box, Group, Stack, Switch, Text, Title } from '@mantine/core'
import { StatusChip } from '../../parts/status-chip.tsx'
import { useStrings } from '../../strings/language.tsx'
import { languageName } from '../../templates/language-name.ts'
import { isUsed } from './family.ts'
import { useEditor } from './use-editor.ts'

/** The languages a template is there in, and whether everybody gets theirs. Nothing where there is only one. */
export function Languages() {
  const { t, locale } = useStrings()
  const { draft, change, template, family } = useEditor()
  if (template === undefined || family.length < 2) return null
  const isOn = draft.languages === 'family'
  return (
    <Box component="section" aria-label={t('editor.languages')}>
      <Title order={2} mb="xs">
        {t('editor.languages')}
      </Title>
      <Switch
        label={t('editor.inTheirLanguage')}
        description={t('editor.inTheirLanguageHint', { language: languageName(template.language, locale) })}
        checked={isOn}
        onChange={(event) => change({ languages: event.currentTarget.checked ? 'family' : 'template' })}
      />
      <Stack component="ul" gap={6} mt="sm" mb={0} p={0} style={{ listStyle: 'none' }} aria-label={t('editor.languages')}>
        {family.map((member) => (
          <Group component="li" key={member.id} gap="xs">
            <Text size="sm" component="bdi" fw={member.id === template.id ? 600 : 400}>
              {languageName(member.language, locale)}
            </Text>
            <StatusChip status={member.status} />
            {!isUsed(member, template) && (
              <Text size="xs" c="dimmed">
                {member.unsupportedReason ??
                  t(member.category === template.category ? 'editor.languageNotUsed' : 'editor.languageOtherCategory')}
              </Text>
            )}
          </Group>
        ))}
      </Stack>
    </Box>
  )
}
