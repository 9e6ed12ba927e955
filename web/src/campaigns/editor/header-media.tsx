import { Box, Button, FileButton, Group, Progress, Stack, Text, TextInput } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useState } from 'react'
import { problemText } from '../../api/problem-text.ts'
import { useStrings } from '../../strings/language.tsx'
import type { Template } from './draft.ts'
import { ACCEPTS, uploadedAs, uploadMedia } from './uploads.ts'
import { useEditor } from './use-editor.ts'

/** The picture, video or document above the text: a file that is uploaded, or an address that Meta fetches. */
export function HeaderMedia({ template }: { readonly template: Template }) {
  const strings = useStrings()
  const { t, named } = strings
  const { draft, change, errorAt } = useEditor()
  const [sent, setSent] = useState<number>()
  const [refusal, setRefusal] = useState<string>()
  const header = template.components.find(({ type }) => String(type).toUpperCase() === 'HEADER')
  if (!template.parameters.some(({ type }) => type === 'media')) return null
  const format = String(header?.format ?? '').toUpperCase()
  const media = draft.headerMedia
  const link = media !== null && 'link' in media ? media.link : ''
  const mediaId = media !== null && 'mediaId' in media ? media.mediaId : undefined
  const label = t('editor.mediaLink', { media: named('media', format) })
  // a document's name is its own, whichever way it comes
  const name = format === 'DOCUMENT' && media?.fileName !== undefined ? { fileName: media.fileName } : {}

  async function send(file: File | null) {
    if (file === null) return
    setRefusal(undefined)
    setSent(0)
    try {
      const made = await uploadMedia(file, draft.senderId, setSent)
      change({ headerMedia: { mediaId: made, ...(format === 'DOCUMENT' ? { fileName: file.name } : {}) } })
    } catch (error) {
      const { title, message } = problemText(error, strings)
      setRefusal(`${title} ${message}`)
    } finally {
      setSent(undefined)
    }
  }
  return (
    <Box component="section" aria-label={label}>
      <Stack gap="xs">
        <TextInput
          label={label}
          description={t(mediaId === undefined ? 'editor.mediaLinkHint' : 'editor.mediaUploaded')}
          placeholder="https://"
          type="url"
          dir="ltr"
          maxLength={2_000}
          value={link}
          onChange={(event) => {
            const typed = event.currentTarget.value.trim()
            change({ headerMedia: typed === '' ? null : { link: typed, ...name } })
          }}
          error={refusal ?? errorAt('headerMedia')}
        />
        <Group gap="sm">
          <FileButton onChange={(file) => void send(file)} accept={ACCEPTS[format] ?? ''} inputProps={{ 'aria-label': t('editor.upload') }}>
            {(props) => (
              <Button
                variant="default"
                size="xs"
                leftSection={<IconUpload size={14} aria-hidden />}
                loading={sent !== undefined}
                {...props}
              >
                {t('editor.upload')}
              </Button>
            )}
          </FileButton>
          {mediaId !== undefined && (
            <Text size="sm" role="status">
              <bdi>{uploadedAs(mediaId)?.fileName ?? t('editor.uploadedBefore')}</bdi>
            </Text>
          )}
        </Group>
        {sent !== undefined && <Progress value={sent * 100} size="sm" aria-label={t('editor.upload')} />}
        {format === 'DOCUMENT' && media !== null && (
          <TextInput
            label={t('editor.fileName')}
            description={t('editor.fileNameHint')}
            maxLength={240}
            value={media.fileName ?? ''}
            onChange={(event) => {
              const { fileName: _, ...source } = media
              const typed = event.currentTarget.value
              change({ headerMedia: typed === '' ? source : { ...source, fileName: typed } })
            }}
          />
        )}
      </Stack>
    </Box>
  )
}
