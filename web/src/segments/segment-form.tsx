import { Button, Grid, Group, Paper, Stack, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDebouncedValue } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answerWithEtag, api } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { Builder } from './builder.tsx'
import { Count } from './count.tsx'
import type { Segment } from './queries.ts'
import { filterOf, isWhole, type Leaf, newGroup, newLeaf, replaced, rootOf } from './tree.ts'

/** Long enough to finish a word, short enough to feel live. */
const TYPING_MS = 400

/** Name, conditions, and beside them how many people that is. Makes a segment, or changes the one it is given. */
export function SegmentForm({
  segment,
  etag = null,
  start = { tags: [] },
}: {
  readonly segment?: Segment
  readonly etag?: string | null
  /** The first condition of a new one. */
  readonly start?: Leaf
}) {
  const { t } = useStrings()
  const { may } = useSession()
  const navigate = useNavigate()
  const [failures, setFailures] = useState<readonly string[]>([])
  /** The version that is changed here: what others change meanwhile refuses the next save instead of being overwritten. */
  const [version, setVersion] = useState(etag)
  const [root, setRoot] = useState(() => (segment === undefined ? newGroup([newLeaf(start)]) : rootOf(segment.condition)))
  const [saved, setSaved] = useState(root)
  const form = useForm({ initialValues: { name: segment?.name ?? '', description: segment?.description ?? '' } })
  const filter = isWhole(root) ? JSON.stringify(filterOf(root)) : undefined
  const [asked] = useDebouncedValue(filter, TYPING_MS)
  const isReadOnly = !may(segment === undefined ? 'Segment:Create' : 'Segment:Edit')
  const { act, isPending } = useAct({
    run: (values: typeof form.values, key) => {
      const body = { ...values, contactFilter: filterOf(root) }
      return answerWithEtag(
        segment === undefined
          ? api.POST('/api/v1/Segment', { body, headers: { 'Idempotency-Key': key } })
          : api.PUT('/api/v1/Segment/{id}', {
              params: { path: { id: segment.id } },
              headers: { 'Idempotency-Key': key, ...(version === null ? {} : { 'If-Match': version }) },
              body,
            }),
      )
    },
    async done({ item, etag: next }) {
      if (segment === undefined) await navigate({ to: '/segments/$id' as string, params: { id: item.id } as never })
      setVersion(next)
      setSaved(root)
      form.resetDirty()
      return t('segments.saved', { name: item.name })
    },
    changes: [
      ['segments', 'list'],
      ['segments', 'choices'],
    ],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, ['name', 'description'])
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
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Paper p="lg" bg="var(--surface-card)">
            <Stack>
              <Failures lines={failures} />
              <TextInput label={t('segments.name')} required maxLength={200} disabled={isReadOnly} {...form.getInputProps('name')} />
              <Textarea
                label={t('segments.description')}
                maxLength={1_000}
                autosize
                minRows={1}
                disabled={isReadOnly}
                {...form.getInputProps('description')}
              />
              <Builder
                root={root}
                ownId={segment?.id}
                isReadOnly={isReadOnly}
                onChange={(id, change) => setRoot((old) => (id === old.id ? (change(old) as typeof old) : replaced(old, id, change)))}
              />
              {!isReadOnly && (
                <Group justify="flex-end">
                  <Button
                    type="submit"
                    loading={isPending}
                    disabled={filter === undefined || (segment !== undefined && !form.isDirty() && root === saved)}
                  >
                    {t(segment === undefined ? 'segments.create' : 'segments.save')}
                  </Button>
                </Group>
              )}
            </Stack>
          </Paper>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Count filter={filter === undefined ? undefined : asked} />
        </Grid.Col>
      </Grid>
    </form>
  )
}
