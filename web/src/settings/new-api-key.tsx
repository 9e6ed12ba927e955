import { Alert, Button, Checkbox, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { useStrings } from '../strings/language.tsx'
import { PermissionMatrix } from './permission-matrix.tsx'
import type { Permission } from './queries.ts'

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
            <PermissionMatrix />
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
