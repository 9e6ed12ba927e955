import { Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Contact, callName } from './queries.ts'

/** Records what a person said about being messaged, with where and how they said it. */
export function ConsentDialog({ contact, onClose }: { readonly contact: Contact; onClose(): void }) {
  const { t } = useStrings()
  const [source, setSource] = useState('')
  const [note, setNote] = useState('')
  const isOut = contact.optedOutAt !== null
  const name = callName(contact)
  const { act, isPending } = useAct({
    run: (body: { source: string; note: string }, key) => {
      const options = { params: { path: { id: contact.id } }, body, headers: { 'Idempotency-Key': key } }
      return answer(isOut ? api.POST('/api/v1/Contact/{id}/opt-in', options) : api.POST('/api/v1/Contact/{id}/opt-out', options))
    },
    done: () => {
      onClose()
      return t(isOut ? 'contacts.optedIn' : 'contacts.optedOut', { name })
    },
    changes: [['contacts']],
  })
  return (
    <ConfirmDialog
      title={t(isOut ? 'contacts.optInTitle' : 'contacts.optOutTitle', { name })}
      verb={t(isOut ? 'contacts.optIn' : 'contacts.optOut')}
      isPending={isPending}
      isReady={!isOut || source.trim() !== ''}
      onConfirm={() => act({ source: source.trim(), note: note.trim() })}
      onClose={onClose}
    >
      <Stack>
        {t(isOut ? 'contacts.optInHint' : 'contacts.optOutHint')}
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
