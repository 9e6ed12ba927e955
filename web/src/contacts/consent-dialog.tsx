import { Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Contact, callName } from './queries.ts'

interface Asked {
  readonly contact: Contact
  /** Of this topic alone; without one, of every message. */
  readonly topic?: { readonly id: string; readonly name: string; readonly isOut: boolean }
  onClose(): void
}

/** Records what a person said about being messaged, with where and how they said it. */
export function ConsentDialog({ contact, topic, onClose }: Asked) {
  const { t } = useStrings()
  const [source, setSource] = useState('')
  const [note, setNote] = useState('')
  const isOut = topic?.isOut ?? contact.optedOutAt !== null
  const name = callName(contact)
  const { act, isPending } = useAct({
    run: (said: { source: string; note: string }, key) => {
      const body = { ...said, ...(topic === undefined ? {} : { topicId: topic.id }) }
      const options = { params: { path: { id: contact.id } }, body, headers: { 'Idempotency-Key': key } }
      return answer(isOut ? api.POST('/api/v1/Contact/{id}/opt-in', options) : api.POST('/api/v1/Contact/{id}/opt-out', options))
    },
    done: () => {
      onClose()
      return topic === undefined
        ? t(isOut ? 'contacts.optedIn' : 'contacts.optedOut', { name })
        : t(isOut ? 'consent.optedIn' : 'consent.optedOut', { name, topic: topic.name })
    },
    changes: [['contacts'], ['consent']],
  })
  return (
    <ConfirmDialog
      title={
        topic === undefined
          ? t(isOut ? 'contacts.optInTitle' : 'contacts.optOutTitle', { name })
          : t(isOut ? 'consent.optInTitle' : 'consent.optOutTitle', { name, topic: topic.name })
      }
      verb={t(isOut ? 'contacts.optIn' : 'contacts.optOut')}
      isPending={isPending}
      isReady={!isOut || source.trim() !== ''}
      onConfirm={() => act({ source: source.trim(), note: note.trim() })}
      onClose={onClose}
    >
      <Stack>
        {t(isOut ? 'contacts.optInHint' : topic === undefined ? 'contacts.optOutHint' : 'consent.optOutHint')}
        <TextInput
          label={t('contacts.source')}
          placeholder={t('contacts.sourceExample')}
          required={isOut}
          maxLength={100}
          value={source}
          onChange={(event) => setSource(event.currentTarget.value)}
          data-autofocus
        />
        <TextInput label={t('contacts.note')} maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
      </Stack>
    </ConfirmDialog>
  )
}
