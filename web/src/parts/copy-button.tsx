import { ActionIcon, CopyButton as MantineCopyButton, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useStrings } from '../strings/language.tsx'

/** Copies a value; says so. @param what names the value to a screen reader, such as "the API key" */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const { t } = useStrings()
  return (
    <MantineCopyButton value={value} timeout={2_000}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('action.copied') : t('action.copy')}>
          <ActionIcon onClick={copy} color={copied ? 'brand' : 'gray'} aria-label={t('action.copyWhat', { what })}>
            {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </MantineCopyButton>
  )
}
