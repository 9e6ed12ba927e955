import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Template, templateQuery } from './queries.ts'

/** Deletes a template at Meta, after saying what that means. */
export function DeleteTemplate({ template, onClose }: { readonly template: Template; onClose(): void }) {
  const { t } = useStrings()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { act, isPending } = useAct({
    run: (_: undefined, key) =>
      answer(api.DELETE('/api/v1/WhatsappTemplate/{id}', { params: { path: { id: template.id } }, headers: { 'Idempotency-Key': key } })),
    done: async () => {
      await navigate({ to: '/templates' })
      queries.removeQueries({ queryKey: templateQuery(template.id).queryKey }) // or its page, still there for a moment, would ask for it
      return t('templates.deleted', { name: template.name })
    },
    changes: [['templates']],
  })
  return (
    <ConfirmDialog
      title={t('templates.deleteOf', { name: template.name, language: template.language })}
      verb={t('templates.delete')}
      isDangerous
      isPending={isPending}
      onConfirm={() => act(undefined)}
      onClose={onClose}
    >
      {t('templates.deleteHint')}
    </ConfirmDialog>
  )
}
