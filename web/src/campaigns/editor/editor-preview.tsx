import { Text } from '@mantine/core'
import { useState } from 'react'
import { messageOf, renderedMessage, type ValueFor } from '../../preview/message.ts'
import { PhonePreview } from '../../preview/phone-preview.tsx'
import { SamplePager } from '../../preview/sample-pager.tsx'
import { useSession } from '../../session/session.tsx'
import { type Strings, useStrings } from '../../strings/language.tsx'
import { readLiquid } from './source.ts'
import { uploadedAs } from './uploads.ts'
import { useEditor } from './use-editor.ts'
import { useSender } from './use-sender.ts'

/** The phone beside the steps: with real people's values where there is an audience, else with what is known of the variables. */
export function EditorPreview() {
  const strings = useStrings()
  const { t } = strings
  const { workspace } = useSession()
  const { template, family, draft, preview, at, problems } = useEditor()
  const sender = useSender()
  const [place, setPlace] = useState(0)
  const samples = problems.length === 0 ? (preview.data?.samples ?? []) : []
  const shown = Math.min(place, Math.max(0, samples.length - 1))
  const sample = samples[shown]
  if (template === undefined)
    return (
      <PhonePreview title={t('preview.title')} sender={workspace.name} message={EMPTY}>
        <Text size="sm" c="dimmed" ta="center">
          {t('editor.previewEmpty')}
        </Text>
      </PhonePreview>
    )
  const hint = () => {
    if (problems.length === 0) return t(preview.data === undefined ? 'editor.previewLooking' : 'editor.nobody')
    return t(problems.some(({ step }) => step === 'message') ? 'editor.previewOpen' : 'editor.previewNobody')
  }
  const media = draft.headerMedia
  const uploaded = media !== null && 'mediaId' in media ? uploadedAs(media.mediaId) : undefined
  const link = media?.fileName ?? (media !== null && 'link' in media ? media.link : (uploaded?.fileName ?? null))
  const spoken = family.find(({ language }) => language === sample?.language) ?? template
  const written = messageOf(spoken.components, valueFor(draft.variables, strings), link)
  const { header } = written
  const open = header?.kind === 'media' ? { ...written, header: { ...header, picture: uploaded?.picture ?? null } } : written
  return (
    <PhonePreview
      title={t('preview.title')}
      sender={sender?.verifiedName ?? workspace.name}
      time={at === 'now' ? '09:00' : at.slice(11)}
      message={sample?.text == null ? open : renderedMessage(open, sample.text)}
    >
      {sample === undefined ? (
        <Text size="sm" c="dimmed" ta="center">
          {hint()}
        </Text>
      ) : (
        <>
          <SamplePager at={shown} count={samples.length} name={sample.name ?? sample.phone ?? t('editor.noName')} onChange={setPlace} />
          {sample.reason !== null && (
            <Text size="sm" ta="center" mt={4} style={{ color: 'var(--warn-text)' }}>
              {t('editor.sampleLeftOut')}
            </Text>
          )}
        </>
      )}
    </PhonePreview>
  )
}

const EMPTY = { header: null, body: '…', footer: null, buttons: [], cards: [] }

/** A fixed text is shown; a value that each person brings stands as its name. */
function valueFor(variables: Readonly<Record<string, string>>, { named }: Strings): ValueFor {
  return (key) => {
    const name = key.slice(key.indexOf('.') + 1)
    const source = readLiquid(variables[key] ?? '')
    if (source.kind === 'text') return source.text.trim() === '' ? { open: name } : { value: source.text }
    if (source.kind === 'field') return { open: named('contactField', source.name) }
    return { open: source.kind === 'attribute' ? source.name : name }
  }
}
