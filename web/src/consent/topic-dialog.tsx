import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { useStrings } from '../strings/language.tsx'
import type { Topic } from './queries.ts'

/** Makes a topic, or changes one. Mount it to open it. */
export function TopicDialog({ topic, onClose }: { readonly topic?: Topic; onClose(): void }) {
  const { t } = useStrings()
  const form = useForm({ initialValues: { name: topic?.name ?? '', description: topic?.description ?? '' } })
  const [rest, setRest] = useState<string[]>([])
  const { act, isPending } = useAct({
    run: (body: typeof form.values, key) => {
      const headers = { 'Idempotency-Key': key }
      return topic === undefined
        ? answer(api.POST('/api/v1/Topic', { body, headers }))
        : answer(api.PUT('/api/v1/Topic/{id}', { params: { path: { id: topic.id } }, body, headers }))
    },
    done: ({ name }) => {
      onClose()
      return t('consent.topicSaved', { name })
    },
    changes: [['consent'], ['campaigns']],
    onProblem: (problem) => {
      const errors = fieldErrors(problem, ['name', 'description'])
      form.setErrors(problem.code === 'topic-exists' ? { name: t('consent.topicExists') } : errors.byField)
      setRest(problem.code === 'topic-exists' ? [] : errors.rest)
    },
  })
  const verb = t(topic === undefined ? 'consent.newTopic' : 'consent.saveTopic')
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(topic === undefined ? 'consent.newTopic' : 'consent.editTopic')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form
        onSubmit={form.onSubmit((values) => {
          setRest([])
          act(values)
        })}
      >
        <Stack>
          <Failures lines={rest} />
          <TextInput
            label={t('consent.topicName')}
            placeholder={t('consent.topicExample')}
            required
            maxLength={100}
            autoComplete="off"
            data-autofocus
            {...form.getInputProps('name')}
          />
          <Textarea label={t('consent.topicDescription')} maxLength={1_000} autosize minRows={2} {...form.getInputProps('description')} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
