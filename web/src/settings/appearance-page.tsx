import { Paper, Radio, Stack, useMantineColorScheme } from '@mantine/core'
import { Page } from '../parts/page.tsx'
import { LANGUAGES, type Language, useStrings } from '../strings/language.tsx'

/** Colours and language of this browser: nobody else's. */
export default function AppearancePage() {
  const { t, language, choose } = useStrings()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Page title={t('area.appearance')} subtitle={t('appearance.hint')}>
      <Paper p="lg" maw={560}>
        <Stack gap="xl">
          <Radio.Group
            label={t('appearance.scheme')}
            value={colorScheme}
            onChange={(value) => setColorScheme(value as 'light' | 'dark' | 'auto')}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="auto" label={t('scheme.auto')} />
              <Radio value="light" label={t('scheme.light')} />
              <Radio value="dark" label={t('scheme.dark')} />
            </Stack>
          </Radio.Group>
          <Radio.Group label={t('appearance.language')} value={language} onChange={(value) => choose(value as Language)}>
            <Stack gap="xs" mt="xs">
              {Object.entries(LANGUAGES).map(([code, name]) => (
                <Radio key={code} value={code} label={<span lang={code}>{name}</span>} />
              ))}
            </Stack>
          </Radio.Group>
        </Stack>
      </Paper>
    </Page>
  )
}
