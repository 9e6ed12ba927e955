import { Button, Menu } from '@mantine/core'
import { IconLanguage } from '@tabler/icons-react'
import { LANGUAGES, type Language, useStrings } from '../strings/language.tsx'

/** Another language, where Appearance cannot be reached yet. */
export function LanguageMenu() {
  const { t, language, choose } = useStrings()
  return (
    <Menu>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          leftSection={<IconLanguage size={16} aria-hidden />}
          aria-label={t('appearance.language')}
        >
          <span lang={language}>{LANGUAGES[language]}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <Menu.Item key={code} lang={code} onClick={() => choose(code as Language)}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
