import { Alert, Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { useStrings } from '../strings/language.tsx'
import { HealthList } from './health-list.tsx'
import type { Account } from './queries.ts'

const FIELDS = ['name', 'wabaId', 'accessToken', 'appSecret', 'webhookVerifyToken'] as const

/** Connects an account at Meta, then says what to paste there and whether everything works. */
export function ConnectAccount({ onClose }: { onClose(): void }) {
  const { t } = useStrings()
  const [made, setMade] = useState<{ readonly account: Account; readonly verifyToken: string }>()
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      closeOnClickOutside={false}
      title={t(made === undefined ? 'numbers.connect' : 'numbers.connected')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      {made === undefined ? (
        <ConnectForm onMade={(account, verifyToken) => setMade({ account, verifyToken })} />
      ) : (
        <Connected account={made.account} verifyToken={made.verifyToken} onClose={onClose} />
      )}
    </Modal>
  )
}

function ConnectForm({ onMade }: { onMade(account: Account, verifyToken: string): void }) {
  const { t } = useStrings()
  const [failures, setFailures] = useState<readonly string[]>([])
  const form = useForm({
    initialValues: { name: '', wabaId: '', accessToken: '', appSecret: '', webhookVerifyToken: crypto.randomUUID().replaceAll('-', '') },
  })
  const { act, isPending } = useAct({
    run: (body: typeof form.values, key) => answer(api.POST('/api/v1/WhatsappAccount', { body, headers: { 'Idempotency-Key': key } })),
    done: (account, input) => {
      onMade(account, input.webhookVerifyToken)
      return t('numbers.connectedOf', { name: account.name })
    },
    changes: [['accounts']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, FIELDS)
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
      <Stack>
        {failures.map((failure) => (
          <Alert key={failure} color="red" role="alert" p="sm">
            {failure}
          </Alert>
        ))}
        <TextInput label={t('numbers.name')} required maxLength={200} data-autofocus {...form.getInputProps('name')} />
        <TextInput
          label={t('numbers.wabaId')}
          description={t('numbers.wabaIdHint')}
          inputMode="numeric"
          required
          {...form.getInputProps('wabaId')}
        />
        <PasswordInput
          label={t('numbers.token')}
          description={t('numbers.tokenHint')}
          autoComplete="off"
          required
          {...form.getInputProps('accessToken')}
        />
        <PasswordInput
          label={t('numbers.appSecret')}
          description={t('numbers.appSecretHint')}
          autoComplete="off"
          required
          {...form.getInputProps('appSecret')}
        />
        <TextInput
          label={t('numbers.verifyToken')}
          description={t('numbers.verifyTokenHint')}
          required
          {...form.getInputProps('webhookVerifyToken')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={isPending}>
            {t('numbers.connect')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Connected({ account: first, verifyToken, onClose }: { account: Account; verifyToken: string; onClose(): void }) {
  const { t } = useStrings()
  const [account, setAccount] = useState(first)
  const { act, isPending } = useAct({
    run: () => answer(api.POST('/api/v1/WhatsappAccount/{id}/verify', { params: { path: { id: first.id } } })),
    done: (checked) => {
      setAccount(checked)
      return t('numbers.checkedOf', { name: checked.name })
    },
    changes: [['accounts']],
  })
  return (
    <Stack>
      <Text size="sm">{t('numbers.pasteHint')}</Text>
      <ToPaste label={t('numbers.callback')} value={account.callbackUrl} />
      <ToPaste label={t('numbers.verifyToken')} value={verifyToken} />
      <HealthList checks={account.health.checks} />
      <Group justify="flex-end">
        <Button variant="default" loading={isPending} onClick={() => act()}>
          {t('numbers.check')}
        </Button>
        <Button onClick={onClose}>{t('numbers.finish')}</Button>
      </Group>
    </Stack>
  )
}

/** One value to be pasted at Meta. */
export const ToPaste = ({ label, value }: { readonly label: string; readonly value: string }) => (
  <TextInput label={label} value={value} readOnly dir="ltr" rightSection={<CopyButton value={value} what={label} />} />
)
