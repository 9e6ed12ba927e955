import { Button, Group, Modal, MultiSelect, NumberInput, Radio, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { draftOf, inputOf } from '../campaigns/editor/draft.ts'
import { Failures } from '../parts/failures.tsx'
import { useStrings } from '../strings/language.tsx'
import { draftsQuery } from './queries.ts'

type Input = Schema<'ExperimentInput'>
const VARIANTS_MAX = 4

/** An experiment between the messages of drafts; the audience is that of the first. Mount it to open it. */
export function NewExperiment({ onClose }: { onClose(): void }) {
  const { t } = useStrings()
  const navigate = useNavigate()
  const drafts = useQuery(draftsQuery())
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<string[]>([])
  const [test, setTest] = useState(20)
  const [holdOut, setHoldOut] = useState(0)
  const [by, setBy] = useState<'read' | 'click'>('click')
  const [hours, setHours] = useState(4)
  const [isEarly, setEarly] = useState(true)
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({})
  const [failures, setFailures] = useState<readonly string[]>([])
  const { act, isPending } = useAct({
    run: async (_: undefined, key) => {
      const campaigns = await Promise.all(
        chosen.map((id) => answer(api.GET('/api/v1/WhatsappCampaign/{id}', { params: { path: { id } } }))),
      )
      const inputs = campaigns.flatMap((campaign) => inputOf(draftOf(campaign)) ?? [])
      const body: Input = {
        name,
        contactFilter: inputs[0]?.contactFilter ?? {},
        variants: inputs.map(
          ({ name: _name, contactFilter: _filter, scheduledAt: _at, finishBy: _by, canary: _canary, ...variant }) => variant,
        ) as Input['variants'],
        testShare: test / 100,
        holdOutShare: holdOut / 100,
        decide: { by, afterMinutes: Math.round(hours * 60), certainty: isEarly ? 0.95 : null },
      }
      return answer(api.POST('/api/v1/Experiment', { body, headers: { 'Idempotency-Key': key } }))
    },
    done: (made) => {
      onClose()
      void navigate({ to: '/experiments/$id' as string, params: { id: made.id } as never })
      return t('experiments.planned', { name: made.name })
    },
    changes: [['experiments']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, ['name', 'testShare', 'holdOutShare'])
      setErrors(byField)
      setFailures(rest.length > 0 || Object.keys(byField).length > 0 ? rest : [problem.message])
    },
  })
  return (
    <Modal opened size="lg" onClose={onClose} title={t('experiments.new')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setErrors({})
          setFailures([])
          act(undefined)
        }}
      >
        <Stack>
          <Failures lines={failures} />
          <TextInput
            label={t('experiments.name')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errors.name}
            maxLength={180}
            required
            data-autofocus
          />
          <MultiSelect
            label={t('experiments.variants')}
            description={t('experiments.variantsHint')}
            data={(drafts.data?.items ?? []).map((draft) => ({ value: draft.id, label: `${draft.name} (${draft.template.name})` }))}
            value={chosen}
            onChange={(ids) => setChosen(ids.slice(0, VARIANTS_MAX))}
            maxValues={VARIANTS_MAX}
            nothingFoundMessage={t('experiments.noDrafts')}
            searchable
          />
          <Group gap="sm" align="flex-start">
            <Share label={t('experiments.testShare')} value={test} onChange={setTest} min={1} error={errors.testShare} />
            <Share label={t('experiments.holdOutShare')} value={holdOut} onChange={setHoldOut} min={0} error={errors.holdOutShare} />
          </Group>
          <Text size="sm" c="dimmed">
            {t('experiments.sharesHint')}
          </Text>
          <Radio.Group label={t('experiments.by')} value={by} onChange={(value) => setBy(value === 'read' ? 'read' : 'click')}>
            <Group gap="lg" mt="xs">
              <Radio value="click" label={t('experiments.by.click')} />
              <Radio value="read" label={t('experiments.by.read')} />
            </Group>
          </Radio.Group>
          <NumberInput
            label={t('experiments.hours')}
            min={0.25}
            max={168}
            decimalScale={2}
            allowNegative={false}
            hideControls
            value={hours}
            onChange={(value) => typeof value === 'number' && setHours(value)}
            maw={260}
          />
          <Switch
            label={t('experiments.early')}
            description={t('experiments.earlyHint')}
            checked={isEarly}
            onChange={(event) => setEarly(event.currentTarget.checked)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending} disabled={chosen.length < 2 || name.trim() === ''}>
              {t('experiments.plan')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function Share(props: {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly error: string | undefined
  onChange(value: number): void
}) {
  const { label, value, min, error, onChange } = props
  return (
    <NumberInput
      label={label}
      suffix=" %"
      min={min}
      max={100}
      decimalScale={1}
      allowNegative={false}
      hideControls
      value={value}
      onChange={(now) => typeof now === 'number' && onChange(now)}
      error={error}
      flex="1 1 180px"
    />
  )
}
