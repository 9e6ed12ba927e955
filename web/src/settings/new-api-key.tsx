import { Alert, Button, Checkbox, Fieldset, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { FailureState } from '../parts/states.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Permission, permissionsQuery } from './queries.ts'

const DAYS = ['30', '90', '365'] as const
const DAY_MS = 86_400_000

/** Makes a key with some of what its maker may do. */
export function NewApiKey({ onMade, onClose }: { onMade(key: Schema<'NewApiKey'>): void; onClose(): void }) {
  const { t } = useStrings()
  const [failures, setFailures] = useState<readonly string[]>([])
  const form = useForm<{ name: string; days: string; permissions: string[] }>({ initialValues: { name: '', days: '90', permissions: [] } })
  const { act, isPending } = useAct({
    run: ({ name, days, permissions }: typeof form.values, key) =>
      answer(
        api.POST('/api/v1/ApiKey', {
          headers: { 'Idempotency-Key': key },
          body: {
            name,
            permissions: permissions as Permission[],
            ...(days === '' ? {} : { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
          },
        }),
      ),
    done: (made) => {
      onMade(made)
      return t('apiKeys.madeOf', { name: made.name })
    },
    changes: [['api-keys']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, ['name', 'permissions'])
      form.setErrors(byField)
      setFailures(rest)
    },
  })
  return (
    <Modal opened size="lg" onClose={onClose} title={t('apiKeys.new')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        onSubmit={form.onSubmit((values) => {
          setFailures([])
          act(values)
        })}
      >
        <Stack>
          {failures.map((failure) => (
            <Alert key={failure} color="red" role="alert" p="sm">
              {failure}
            </Alert>
          ))}
          <TextInput label={t('apiKeys.name')} required maxLength={200} data-autofocus {...form.getInputProps('name')} />
          <Select
            label={t('apiKeys.expires')}
            allowDeselect={false}
            data={[
              ...DAYS.map((value) => ({ value, label: t('apiKeys.days', { count: Number(value) }) })),
              { value: '', label: t('apiKeys.noExpiry') },
            ]}
            {...form.getInputProps('days')}
          />
          <Checkbox.Group label={t('apiKeys.permissions')} {...form.getInputProps('permissions')}>
            <Matrix />
          </Checkbox.Group>
          <Group justify="flex-end">
            <Button type="submit" loading={isPending} disabled={form.values.permissions.length === 0}>
              {t('apiKeys.create')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** Nouns and their verbs; only what this person holds can be given on. */
function Matrix() {
  const { named } = useStrings()
  const matrix = useQuery(permissionsQuery)
  if (matrix.data === undefined)
    return matrix.error === null ? null : <FailureState error={matrix.error} onRetry={() => void matrix.refetch()} />
  const grantable = new Set(matrix.data.grantable)
  return (
    <Stack gap="xs" mt="xs">
      {matrix.data.nouns
        .map(({ noun, verbs }) => ({ noun, verbs: verbs.filter((verb) => grantable.has(`${noun}:${verb}`)) }))
        .filter(({ verbs }) => verbs.length > 0)
        .map(({ noun, verbs }) => (
          <Fieldset key={noun} legend={named('noun', noun)} p="sm">
            <Group gap="md">
              {verbs.map((verb) => (
                <Checkbox key={verb} value={`${noun}:${verb}`} label={named('verb', verb)} />
              ))}
            </Group>
          </Fieldset>
        ))}
    </Stack>
  )
}
