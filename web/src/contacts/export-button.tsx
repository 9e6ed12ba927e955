import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { workspaceHeaders } from '../api/client.ts'
import { useDownload } from '../api/download.ts'
import { useStrings } from '../strings/language.tsx'

/** Every contact as CSV. */
export function ExportButton() {
  const { t } = useStrings()
  const { download, isPending } = useDownload()
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} aria-hidden />}
      loading={isPending}
      onClick={() => download({ path: '/api/v1/Contact/export', headers: workspaceHeaders(), fileName: 'contacts.csv' })}
    >
      {t('contacts.export')}
    </Button>
  )
}
