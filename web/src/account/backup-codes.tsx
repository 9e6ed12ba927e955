import { Alert, Button, Code, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { CopyButton } from '../parts/copy-button.tsx'
import { useStrings } from '../strings/language.tsx'

/** Codes that stand in for the app, each once; shown this once. */
export function BackupCodes({ codes, onClose }: { readonly codes: readonly string[]; onClose(): void }) {
  const { t } = useStrings()
  const text = `${codes.join('\n')}\n`
  return (
    <Alert color="brand" title={t('account.codes')} withCloseButton closeButtonLabel={t('action.close')} onClose={onClose}>
      <Stack gap="sm">
        <Text size="sm">{t('account.codesHint')}</Text>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" dir="ltr">
          {codes.map((code) => (
            <Code key={code} fz="sm">
              {code}
            </Code>
          ))}
        </SimpleGrid>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            component="a"
            href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
            download="fanfare-backup-codes.txt"
            leftSection={<IconDownload size={14} aria-hidden />}
          >
            {t('account.downloadCodes')}
          </Button>
          <CopyButton value={text} what={t('account.codes')} />
        </Group>
      </Stack>
    </Alert>
  )
}
