import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { useStrings } from '../strings/language.tsx'

/** Puts one number on the list. Mount it to open it. */
export function AddDialog({ phone, onClose }: { readonly phone: string | undefined; onClose(): void }) {
  const { t } = useStrings()
  const form = useForm({ initialValues: { phone: phone ?? '', reason: '' } })
  const [rest, setRest] = useState<string[]>([])
  const { act, isPending } = useAct({
    run: (input: typeof form.values, key) => answer(api.POST('/api/v1/Suppression', { body: input, headers: { 'Idempotency-Key': key } })),
    done: (made) => {
      onClose()
      return t('suppressions.added', { phone: made.phone ?? '' })
    },
    changes: [['suppressions']],
    onProblem: (problem) => {
      const errors = fieldErrors(problem, ['phone', 'reason'])
      form.setErrors(errors.byField)
      setRest(errors.rest)
    },
  })
  return (
    <Modal opened onClose={onClose} title={t('suppressions.add')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        onSubmit={form.onSubmit((values) => {
          setRest([])
          act(values)
        })}
      >
        <Stack>
          <Failures lines={rest} />
          <TextInput
            label={t('suppressions.phone')}
            description={t('suppressions.phoneHint')}
            type="tel"
            dir="ltr"
            required
            maxLength={40}
            autoComplete="off"
            data-autofocus
            {...form.getInputProps('phone')}
          />
          <TextInput label={t('suppressions.reason')} maxLength={500} autoComplete="off" {...form.getInputProps('reason')} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending}>
              {t('suppressions.add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
