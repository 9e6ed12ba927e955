import { ActionIcon } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { useStrings } from '../strings/language.tsx'
import type { Suppression } from './queries.ts'

/** Takes one number off the list, after asking. */
export function Remove({ suppression: { id, phone } }: { readonly suppression: Suppression }) {
  const { t } = useStrings()
  const [isAsking, setIsAsking] = useState(false)
  const name = phone ?? t('suppressions.forgotten')
  const { act, isPending } = useAct({
    run: () => answer(api.DELETE('/api/v1/Suppression/{id}', { params: { path: { id } } })),
    done: () => {
      setIsAsking(false)
      return t('suppressions.removed', { phone: name })
    },
    changes: [['suppressions']],
  })
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('suppressions.removeWhat', { phone: name })}
        onClick={() => setIsAsking(true)}
      >
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
      {isAsking && (
        <ConfirmDialog
          title={t('suppressions.removeTitle', { phone: name })}
          verb={t('suppressions.remove')}
          isDangerous
          isPending={isPending}
          onConfirm={() => act()}
          onClose={() => setIsAsking(false)}
        >
          {t('suppressions.removeHint')}
        </ConfirmDialog>
      )}
    </>
  )
}
