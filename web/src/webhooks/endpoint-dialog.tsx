import { Button, Checkbox, Fieldset, Group, Modal, Stack, Switch, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { useStrings } from '../strings/language.tsx'
import { EVENT_TYPES, type EventType, type WebhookEndpoint } from './queries.ts'

const GROUPS = [...new Set(Object.values(EVENT_TYPES))]
const typesOf = (group: string) => Object.keys(EVENT_TYPES).filter((type) => EVENT_TYPES[type as EventType] === group)

type Props =
  | { readonly onMade: (endpoint: Schema<'NewWebhookEndpoint'>) => void; readonly endpoint?: undefined; readonly onClose: () => void }
  | { readonly endpoint: WebhookEndpoint; readonly etag: string | null; readonly onClose: () => void }

/** Where to call, and about what. Makes an endpoint, or changes the one it is given. */
export function EndpointDialog(props: Props) {
  const { t, named } = useStrings()
  const { endpoint, onClose } = props
  const [failures, setFailures] = useState<readonly string[]>([])
  const form = useForm<{ url: string; description: string; events: string[]; isEnabled: boolean }>({
    initialValues: {
      url: endpoint?.url ?? '',
      description: endpoint?.description ?? '',
      events: endpoint?.events ?? [],
      isEnabled: endpoint?.isEnabled ?? true,
    },
  })
  const { act, isPending } = useAct({
    run: async ({ events, ...rest }: typeof form.values, key) => {
      const body = { ...rest, events: events as EventType[] }
      if (props.endpoint === undefined) {
        const made = await answer(api.POST('/api/v1/WebhookEndpoint', { body, headers: { 'Idempotency-Key': key } }))
        props.onMade(made)
        return made
      }
      return answer(
        api.PUT('/api/v1/WebhookEndpoint/{id}', {
          params: { path: { id: props.endpoint.id } },
          headers: { 'Idempotency-Key': key, ...(props.etag === null ? {} : { 'If-Match': props.etag }) },
          body,
        }),
      )
    },
    done: ({ url }) => {
      if (endpoint !== undefined) onClose()
      return t(endpoint === undefined ? 'webhooks.madeOf' : 'webhooks.savedOf', { url })
    },
    changes: [['webhooks']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, ['url', 'description', 'events'])
      form.setErrors(byField)
      setFailures(rest)
    },
  })
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t(endpoint === undefined ? 'webhooks.new' : 'webhooks.change')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form
        onSubmit={form.onSubmit((values) => {
          setFailures([])
          act(values)
        })}
      >
        <Stack>
          <Failures lines={failures} />
          <TextInput
            label={t('webhooks.url')}
            description={t('webhooks.urlHint')}
            placeholder="https://hooks.example.com/fanfare"
            type="url"
            dir="ltr"
            required
            maxLength={2_000}
            data-autofocus
            {...form.getInputProps('url')}
          />
          <TextInput label={t('webhooks.description')} maxLength={500} {...form.getInputProps('description')} />
          <Checkbox.Group label={t('webhooks.events')} {...form.getInputProps('events')}>
            <Stack gap="xs" mt="xs">
              {GROUPS.map((group) => (
                <Fieldset key={group} legend={named('eventGroup', group)} p="sm">
                  <Group gap="md">
                    {typesOf(group).map((type) => (
                      <Checkbox key={type} value={type} label={named('event', type)} />
                    ))}
                  </Group>
                </Fieldset>
              ))}
            </Stack>
          </Checkbox.Group>
          {endpoint !== undefined && (
            <Switch
              label={t('webhooks.enabled')}
              description={t('webhooks.enabledHint')}
              {...form.getInputProps('isEnabled', { type: 'checkbox' })}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending} disabled={form.values.events.length === 0}>
              {t(endpoint === undefined ? 'webhooks.create' : 'webhooks.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
