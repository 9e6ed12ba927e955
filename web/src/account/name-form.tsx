import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'

/** What others read beside what this person did. */
export function NameForm() {
  const { t } = useStrings()
  const { user } = useSession()
  const [failures, setFailures] = useState<readonly string[]>([])
  const form = useForm({ initialValues: { name: user.name } })
  const { act, isPending } = useAct({
    run: (body: typeof form.values) => answer(api.PUT('/api/v1/Me', { body })),
    done: (_, { name }) => {
      form.resetDirty({ name })
      return t('account.nameSaved')
    },
    changes: [['me'], ['team']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, ['name'])
      form.setErrors(byField)
      setFailures(rest)
    },
  })
  return (
    <form
      onSubmit={form.onSubmit((values) => {
        setFailures([])
        act(values)
      })}
    >
      <Stack maw={420}>
        <Failures lines={failures} />
        <TextInput label={t('setup.name')} autoComplete="name" required maxLength={200} {...form.getInputProps('name')} />
        <TextInput label={t('signIn.email')} value={user.email} readOnly dir="ltr" />
        <Group>
          <Button type="submit" loading={isPending} disabled={!form.isDirty()}>
            {t('account.saveName')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
