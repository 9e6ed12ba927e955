import { ActionIcon, Button, Group, Modal, Select, SimpleGrid, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { TimeZoneSelect } from '../parts/time-zone-select.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Contact, tagsQuery } from './queries.ts'

/** What a person types; the API's own names. `attributes` as rows, because their names are typed too. */
interface Fields {
  phone: string
  firstName: string
  lastName: string
  email: string
  language: string
  timeZone: string
  externalId: string
  tags: string[]
  attributes: { name: string; value: string }[]
  isActive: boolean
  marketingOptIn: '' | 'true' | 'false'
}
const NAMES = [
  'phone',
  'firstName',
  'lastName',
  'email',
  'language',
  'timeZone',
  'externalId',
  'tags',
  'attributes',
  'isActive',
  'marketingOptIn',
] as const

const fieldsOf = (contact?: Contact): Fields => ({
  phone: contact?.phone ?? '',
  firstName: contact?.firstName ?? '',
  lastName: contact?.lastName ?? '',
  email: contact?.email ?? '',
  language: contact?.language ?? '',
  timeZone: contact?.timeZone ?? '',
  externalId: contact?.externalId ?? '',
  tags: contact?.tags ?? [],
  attributes: Object.entries(contact?.attributes ?? {}).map(([name, value]) => ({ name, value })),
  isActive: contact?.isActive ?? true,
  marketingOptIn: contact?.marketingOptIn == null ? '' : contact.marketingOptIn ? 'true' : 'false',
})

const inputOf = ({ attributes, marketingOptIn, tags, isActive, phone, ...texts }: Fields): Schema<'ContactInput'> => ({
  ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, value.trim() === '' ? null : value.trim()])),
  phone,
  tags,
  isActive,
  marketingOptIn: marketingOptIn === '' ? null : marketingOptIn === 'true',
  attributes: Object.fromEntries(attributes.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value])),
})

interface Opened {
  readonly item: Contact
  readonly etag: string | null
}

/** Makes a contact, or changes one as it stood when the dialog was opened. Mount it to open it. */
export function ContactDialog({ opened, onClose }: { readonly opened?: Opened; onClose(): void }) {
  const { t, named } = useStrings()
  const navigate = useNavigate()
  const known = useQuery(tagsQuery).data?.items.map(({ tag }) => tag) ?? []
  const [failures, setFailures] = useState<readonly string[]>([])
  const form = useForm<Fields>({ initialValues: fieldsOf(opened?.item) })
  const { act, isPending } = useAct({
    run: (fields: Fields, key) => {
      const body = inputOf(fields)
      const headers = { 'Idempotency-Key': key }
      if (opened === undefined) return answer(api.POST('/api/v1/Contact', { body, headers }))
      const seen = opened.etag === null ? {} : { 'If-Match': opened.etag }
      return answer(api.PUT('/api/v1/Contact/{id}', { params: { path: { id: opened.item.id } }, body, headers: { ...headers, ...seen } }))
    },
    done: (contact) => {
      onClose()
      if (opened === undefined) void navigate({ to: '/contacts/$contactId', params: { contactId: contact.id } })
      return t('contacts.saved')
    },
    changes: [['contacts']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, NAMES)
      form.setErrors(byField)
      setFailures(rest)
    },
  })
  const text = (name: 'firstName' | 'lastName' | 'email' | 'externalId' | 'language') => (
    <TextInput label={t(`contacts.field.${name}`)} maxLength={200} autoComplete="off" {...form.getInputProps(name)} />
  )
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t(opened === undefined ? 'contacts.new' : 'contacts.edit')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form
        onSubmit={form.onSubmit((fields) => {
          setFailures([])
          act(fields)
        })}
      >
        <Stack>
          <Failures lines={failures} />
          <TextInput
            label={t('contacts.phone')}
            description={t('contacts.phoneHint')}
            type="tel"
            dir="ltr"
            required
            maxLength={40}
            autoComplete="off"
            data-autofocus
            {...form.getInputProps('phone')}
          />
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {text('firstName')}
            {text('lastName')}
            {text('email')}
            {text('externalId')}
            {text('language')}
            <TimeZoneSelect label={t('contacts.field.timeZone')} clearable {...form.getInputProps('timeZone')} />
          </SimpleGrid>
          <TagsInput label={t('contacts.tags')} data={known} maxTags={50} {...form.getInputProps('tags')} />
          <Attributes form={form} />
          <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ alignItems: 'end' }}>
            <Select
              label={t('contacts.field.marketingOptIn')}
              data={(['', 'true', 'false'] as const).map((value) => ({ value, label: named('marketingOptIn', value || 'unset') }))}
              allowDeselect={false}
              {...form.getInputProps('marketingOptIn')}
            />
            <Switch label={t('contacts.field.isActive')} mb={8} {...form.getInputProps('isActive', { type: 'checkbox' })} />
          </SimpleGrid>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending}>
              {t('contacts.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** Facts of the workspace's own about a person: a name and a value each. */
function Attributes({ form }: { readonly form: ReturnType<typeof useForm<Fields>> }) {
  const { t } = useStrings()
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
      <Text component="legend" size="sm" fw={500} mb={4}>
        {t('contacts.attributes')}
      </Text>
      <Stack gap="xs">
        {form.getValues().attributes.map((_, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row has no other name while it is typed
          <Group key={place} gap="xs" wrap="nowrap">
            <TextInput
              aria-label={t('contacts.attributeName', { number: place + 1 })}
              placeholder={t('contacts.attributeName', { number: place + 1 })}
              flex={1}
              maxLength={200}
              {...form.getInputProps(`attributes.${place}.name`)}
            />
            <TextInput
              aria-label={t('contacts.attributeValue', { number: place + 1 })}
              placeholder={t('contacts.attributeValue', { number: place + 1 })}
              flex={2}
              maxLength={1_024}
              {...form.getInputProps(`attributes.${place}.value`)}
            />
            <ActionIcon
              aria-label={t('contacts.removeAttribute', { number: place + 1 })}
              onClick={() => form.removeListItem('attributes', place)}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => form.insertListItem('attributes', { name: '', value: '' })}
          >
            {t('contacts.addAttribute')}
          </Button>
        </Group>
        {form.errors.attributes !== undefined && (
          <Text size="xs" role="alert" style={{ color: 'var(--bad-text)' }}>
            {form.errors.attributes}
          </Text>
        )}
      </Stack>
    </fieldset>
  )
}
