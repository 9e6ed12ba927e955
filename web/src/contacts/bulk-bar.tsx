import { Button, Group, TagsInput, Text } from '@mantine/core'
import { IconTags, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Contact, tagsQuery } from './queries.ts'

/** What can be done with the chosen people at once. */
export function BulkBar({ selected, onDone }: { readonly selected: readonly Contact[]; onDone(): void }) {
  const { t } = useStrings()
  const { may } = useSession()
  const [opened, setOpened] = useState<'add' | 'remove' | 'delete'>()
  const close = () => setOpened(undefined)
  const done = () => {
    close()
    onDone()
  }
  const ids = selected.map(({ id }) => id)
  return (
    <Group px="md" pb="md" gap="xs" role="toolbar" aria-label={t('contacts.chosen', { count: ids.length })}>
      <Text size="sm" fw={600}>
        {t('contacts.chosen', { count: ids.length })}
      </Text>
      {may('Contact:Edit') && (
        <>
          <Button size="xs" variant="default" leftSection={<IconTags size={14} aria-hidden />} onClick={() => setOpened('add')}>
            {t('contacts.addTags')}
          </Button>
          <Button size="xs" variant="default" onClick={() => setOpened('remove')}>
            {t('contacts.removeTags')}
          </Button>
        </>
      )}
      {may('Contact:Delete') && (
        <Button
          size="xs"
          variant="default"
          c="var(--bad-text)"
          leftSection={<IconTrash size={14} aria-hidden />}
          onClick={() => setOpened('delete')}
        >
          {t('contacts.delete')}
        </Button>
      )}
      {(opened === 'add' || opened === 'remove') && <TagDialog act={opened} selected={selected} onDone={done} onClose={close} />}
      {opened === 'delete' && <DeleteDialog ids={ids} onDone={done} onClose={close} />}
    </Group>
  )
}

interface Dialog {
  onDone(): void
  onClose(): void
}

function TagDialog({
  act: kind,
  selected,
  onDone,
  onClose,
}: Dialog & { readonly act: 'add' | 'remove'; readonly selected: readonly Contact[] }) {
  const { t } = useStrings()
  const [tags, setTags] = useState<string[]>([])
  const known = useQuery(tagsQuery).data?.items.map(({ tag }) => tag) ?? []
  const { act, isPending } = useAct({
    run: (contactIds: readonly string[], key) =>
      answer(
        api.POST('/api/v1/Contact/bulk-tags', {
          body: { contactIds: [...contactIds], add: kind === 'add' ? tags : [], remove: kind === 'remove' ? tags : [] },
          headers: { 'Idempotency-Key': key },
        }),
      ),
    done: ({ changed }) => {
      onDone()
      return t('contacts.tagsChanged', { count: changed })
    },
    changes: [['contacts']],
  })
  return (
    <ConfirmDialog
      title={t(kind === 'add' ? 'contacts.addTagsTo' : 'contacts.removeTagsFrom', { count: selected.length })}
      verb={t(kind === 'add' ? 'contacts.addTags' : 'contacts.removeTags')}
      isPending={isPending}
      isReady={tags.length > 0}
      onConfirm={() => act(selected.map(({ id }) => id))}
      onClose={onClose}
    >
      <TagsInput
        label={t('contacts.tags')}
        description={t('contacts.tagsHint')}
        data={kind === 'add' ? known : [...new Set(selected.flatMap((contact) => contact.tags))]}
        value={tags}
        onChange={setTags}
        maxLength={64}
        maxTags={50}
        data-autofocus
      />
    </ConfirmDialog>
  )
}

/** Deletes contacts after asking, naming how many. */
export function DeleteDialog({ ids, onDone, onClose }: Dialog & { readonly ids: readonly string[] }) {
  const { t } = useStrings()
  const { act, isPending } = useAct({
    run: (contactIds: readonly string[], key) =>
      answer(
        api.POST('/api/v1/Contact/bulk-delete', {
          body: { contactFilter: { contactIds: [...contactIds] }, confirmCount: contactIds.length },
          headers: { 'Idempotency-Key': key },
        }),
      ),
    done: ({ changed }) => {
      onDone()
      return t('contacts.deleted', { count: changed })
    },
    changes: [
      ['contacts', 'list'],
      ['contacts', 'tags'],
    ],
  })
  return (
    <ConfirmDialog
      title={t('contacts.deleteTitle', { count: ids.length })}
      verb={t('contacts.deleteVerb', { count: ids.length })}
      isDangerous
      isPending={isPending}
      onConfirm={() => act(ids)}
      onClose={onClose}
    >
      {t('contacts.deleteHint')}
    </ConfirmDialog>
  )
}
