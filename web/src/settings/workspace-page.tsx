import { Alert, Button, Group, Input, NumberInput, Paper, Stack, Switch, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answerWithEtag, api, type Schema } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { QuietHoursInputs } from '../campaigns/quiet-hours.tsx'
import { Failures } from '../parts/failures.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { TimeZoneSelect } from '../parts/time-zone-select.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { workspaceQuery } from './queries.ts'

/** What holds for everybody and every campaign of the workspace. */
export default function WorkspacePage() {
  const { t } = useStrings()
  const { workspace } = useSession()
  const found = useQuery({ ...workspaceQuery(workspace.id), refetchOnWindowFocus: false })
  return (
    <Page title={t('area.workspace')} subtitle={t('workspace.hint')}>
      <Paper p="lg" maw={640} bg="var(--surface-card)">
        <Loaded label={t('area.workspace')} query={found} height={420}>
          {(data) => <Settings {...data} />}
        </Loaded>
      </Paper>
    </Page>
  )
}

const FIELDS = [
  'name',
  'timeZone',
  'defaultCountry',
  'requireMarketingOptIn',
  'utilityThroughOptOut',
  'approvalRequired',
  'frequencyCap.messages',
  'frequencyCap.days',
  'quietHours',
] as const

function Settings({ item, etag }: { readonly item: Schema<'Workspace'>; readonly etag: string | null }) {
  const { t } = useStrings()
  const { may } = useSession()
  const [failures, setFailures] = useState<readonly string[]>([])
  /** The version that is changed here: what others change meanwhile refuses the next save instead of being overwritten. */
  const [version, setVersion] = useState(etag)
  const form = useForm({
    initialValues: {
      name: item.name,
      timeZone: item.timeZone,
      defaultCountry: item.defaultCountry ?? '',
      requireMarketingOptIn: item.requireMarketingOptIn,
      utilityThroughOptOut: item.utilityThroughOptOut,
      approvalRequired: item.approvalRequired,
      isCapped: item.frequencyCap !== null,
      frequencyCap: item.frequencyCap ?? { messages: 2, days: 7 },
      quietHours: item.quietHours,
    },
  })
  const { act, isPending } = useAct({
    run: ({ isCapped, frequencyCap, defaultCountry, ...rest }: typeof form.values, key) =>
      answerWithEtag(
        api.PUT('/api/v1/Workspace/{id}', {
          params: { path: { id: item.id } },
          headers: { 'Idempotency-Key': key, ...(version === null ? {} : { 'If-Match': version }) },
          body: {
            ...rest,
            defaultCountry: defaultCountry.trim() === '' ? null : defaultCountry.trim().toUpperCase(),
            frequencyCap: isCapped ? frequencyCap : null,
          },
        }),
      ),
    done: (saved) => {
      setVersion(saved.etag)
      form.resetDirty()
      return t('workspace.saved')
    },
    changes: [['workspace'], ['me']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, FIELDS)
      form.setErrors(byField)
      setFailures(rest)
    },
  })
  const isReadOnly = !may('Workspace:Edit')
  const isSwitch = (name: 'requireMarketingOptIn' | 'utilityThroughOptOut' | 'approvalRequired') => (
    <Switch
      label={t(`workspace.${name}`)}
      description={t(`workspace.${name}Hint`)}
      disabled={isReadOnly}
      {...form.getInputProps(name, { type: 'checkbox' })}
    />
  )
  return (
    <form
      onSubmit={form.onSubmit((values) => {
        setFailures([])
        act(values)
      })}
    >
      <Stack gap="lg">
        <Failures lines={failures} />
        {isReadOnly && <Alert color="gray">{t('workspace.readOnly')}</Alert>}
        <TextInput label={t('workspace.name')} required maxLength={200} disabled={isReadOnly} {...form.getInputProps('name')} />
        <TimeZoneSelect
          label={t('workspace.timeZone')}
          description={t('workspace.timeZoneHint')}
          disabled={isReadOnly}
          {...form.getInputProps('timeZone')}
        />
        <TextInput
          label={t('workspace.defaultCountry')}
          description={t('workspace.defaultCountryHint')}
          placeholder="IN"
          maxLength={2}
          w={240}
          disabled={isReadOnly}
          {...form.getInputProps('defaultCountry')}
        />
        {isSwitch('requireMarketingOptIn')}
        {isSwitch('utilityThroughOptOut')}
        {isSwitch('approvalRequired')}
        <Stack gap="xs">
          <Switch
            label={t('workspace.frequencyCap')}
            description={t('workspace.frequencyCapHint')}
            disabled={isReadOnly}
            {...form.getInputProps('isCapped', { type: 'checkbox' })}
          />
          {form.values.isCapped && (
            <Group ps="xl" align="start">
              <NumberInput
                label={t('workspace.capMessages')}
                min={1}
                max={1_000}
                allowDecimal={false}
                w={160}
                disabled={isReadOnly}
                {...form.getInputProps('frequencyCap.messages')}
              />
              <NumberInput
                label={t('workspace.capDays')}
                min={1}
                max={90}
                allowDecimal={false}
                w={160}
                disabled={isReadOnly}
                {...form.getInputProps('frequencyCap.days')}
              />
            </Group>
          )}
        </Stack>
        <Input.Wrapper
          labelElement="div"
          label={t('workspace.quietHours')}
          description={t('workspace.quietHoursHint')}
          error={form.errors.quietHours}
        >
          <QuietHoursInputs
            value={form.values.quietHours}
            disabled={isReadOnly}
            onChange={(quietHours) => form.setFieldValue('quietHours', quietHours)}
          />
        </Input.Wrapper>
        {!isReadOnly && (
          <Group justify="flex-end">
            <Button type="submit" loading={isPending} disabled={!form.isDirty()}>
              {t('workspace.save')}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}
