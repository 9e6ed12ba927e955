import { Anchor, Box, Button, Group, Paper, Select, SimpleGrid, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconLock, IconPlus, IconSend } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import type { ApiProblem } from '../api/problem.ts'
import { Page } from '../parts/page.tsx'
import { EmptyState } from '../parts/states.tsx'
import { messageOf, type ValueFor } from '../preview/message.ts'
import { PhonePreview } from '../preview/phone-preview.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { ButtonRows } from './button-rows.tsx'
import { LANGUAGES, languageName } from './language-name.ts'
import { emptyTemplate, exampleKeys, fieldOf, nextPlace, type TemplateForm, templateInput } from './new-template.ts'
import { templateAccountsQuery, templateCheckQuery } from './queries.ts'
import classes from './template-page.module.css'

const REST_MS = 400

/** A new template: written beside its phone, checked while it is written, then submitted to Meta for review. */
export default function NewTemplatePage() {
  const { t } = useStrings()
  const { may, workspace } = useSession()
  const [form, setForm] = useState(emptyTemplate)
  const change = (changes: Partial<TemplateForm>) => setForm((old) => ({ ...old, ...changes }))
  const mayCreate = may('WhatsappTemplate:Create')
  return (
    <Page title={t('templates.new')} subtitle={t('templates.newHint')}>
      <Anchor size="sm" mb="sm" display="inline-block" renderRoot={(props) => <Link to="/templates" {...props} />}>
        {t('templates.toList')}
      </Anchor>
      {mayCreate ? (
        <Box className={classes.layout ?? ''}>
          <Paper p={{ base: 'md', sm: 'lg' }} bg="var(--surface-card)">
            <Form form={form} change={change} />
          </Paper>
          <Paper p="md" bg="var(--surface-card)" className={classes.aside ?? ''}>
            <PhonePreview
              title={t('preview.title')}
              sender={workspace.name}
              message={messageOf(templateInput(form).components, exampleFor(form))}
            />
          </Paper>
        </Box>
      ) : (
        <EmptyState icon={IconLock} title={t('templates.mayNotCreate')} />
      )}
    </Page>
  )
}

const exampleFor =
  ({ examples }: TemplateForm): ValueFor =>
  (key) => {
    const example = examples[key] ?? ''
    return example === '' ? { open: key.slice(key.indexOf('.') + 1) } : { value: example }
  }

interface FormProps {
  readonly form: TemplateForm
  readonly change: (changes: Partial<TemplateForm>) => void
}

function Form({ form, change }: FormProps) {
  const { t, named, locale } = useStrings()
  const { errorAt, touch, submit, isPending, rest } = useSubmission(form)
  /** Of one field: what it holds, what is wrong with it, and that the person has been there. */
  const field = (name: 'name' | 'header' | 'body' | 'footer') => ({
    value: form[name],
    error: errorAt(name),
    onBlur: () => touch(name),
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => change({ [name]: event.currentTarget.value }),
  })
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack gap="lg">
        {rest.map((text) => (
          <Text key={text} size="sm" role="alert" className={`typed ${classes.note}`} data-tone="bad">
            {text}
          </Text>
        ))}
        <AccountSelect form={form} change={change} error={errorAt('accountId')} />
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <TextInput
            label={t('templates.name')}
            description={t('templates.nameHint')}
            dir="ltr"
            maxLength={512}
            autoComplete="off"
            required
            {...field('name')}
          />
          <Select
            label={t('templates.language')}
            description={t('templates.languageHint')}
            data={LANGUAGES.map((value) => ({ value, label: `${value} · ${languageName(value, locale)}` }))}
            value={form.language}
            onChange={(language) => language !== null && change({ language })}
            searchable
            allowDeselect={false}
            limit={100}
            error={errorAt('language')}
          />
          <Select
            label={t('templates.category')}
            description={t('templates.categoryHint')}
            data={(['MARKETING', 'UTILITY'] as const).map((value) => ({ value, label: named('category', value) }))}
            value={form.category}
            onChange={(category) => category !== null && change({ category: category as TemplateForm['category'] })}
            allowDeselect={false}
            error={errorAt('category')}
          />
        </SimpleGrid>
        <TextInput label={t('templates.header')} description={t('templates.optional')} {...field('header')} />
        <BodyField body={form.body} onInsert={(body) => change({ body })} field={field('body')} />
        <TextInput label={t('templates.footer')} description={t('templates.optional')} {...field('footer')} />
        <Examples form={form} change={change} />
        <ButtonRows buttons={form.buttons} onChange={(buttons) => change({ buttons })} errorAt={errorAt} onTouch={touch} />
        <Group justify="flex-end">
          <Button type="submit" size="md" loading={isPending} leftSection={<IconSend size={17} aria-hidden />}>
            {t('templates.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Checks while it is written; a fault is shown where the person has been, all of them once it is submitted. */
function useSubmission(form: TemplateForm) {
  const { t } = useStrings()
  const navigate = useNavigate()
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())
  const [isTried, setTried] = useState(false)
  const [refusal, setRefusal] = useState<{ readonly problem: ApiProblem; readonly of: string }>()
  const written = JSON.stringify(templateInput(form))
  const [asked] = useDebouncedValue(written, REST_MS)
  const check = useQuery({ ...templateCheckQuery(asked), placeholderData: (old) => old, enabled: touched.size > 0 || isTried })
  const { act, isPending } = useAct({
    run: (body: ReturnType<typeof templateInput>, key) =>
      answer(api.POST('/api/v1/WhatsappTemplate', { body, headers: { 'Idempotency-Key': key } })),
    done: (made) => {
      void navigate({ to: '/templates/$templateId', params: { templateId: made.id } })
      return t('templates.submitted', { name: made.name })
    },
    changes: [['templates']],
    onProblem: (problem) => setRefusal({ problem, of: written }),
  })
  const refused = refusal?.of === written ? refusal.problem : undefined
  const faults = [...(check.data?.problems ?? []), ...(refused?.errors ?? [])].map(({ pointer, detail }) => ({
    field: fieldOf(form, pointer),
    detail,
  }))
  return {
    isPending,
    touch: (field: string) => setTouched((old) => new Set([...old, field])),
    errorAt: (field: string) => (isTried || touched.has(field) ? faults.find((fault) => fault.field === field)?.detail : undefined),
    /** What is wrong with no field, such as Meta's own refusal. */
    rest: [
      ...(refused !== undefined && refused.errors.length === 0 ? [refused.message] : []),
      ...(refused === undefined ? [] : faults.filter(({ field }) => field === undefined).map(({ detail }) => detail)),
    ],
    submit() {
      setTried(true)
      act(templateInput(form))
    },
  }
}

function AccountSelect({ form, change, error }: FormProps & { readonly error: string | undefined }) {
  const { t } = useStrings()
  const { may } = useSession()
  const accounts = useQuery({ ...templateAccountsQuery, enabled: may('WhatsappAccount:View') }).data?.items ?? []
  if (accounts.length < 2) return null
  return (
    <Select
      label={t('templates.account')}
      placeholder={t('editor.choose')}
      data={accounts.map(({ id, name }) => ({ value: id, label: name }))}
      value={form.accountId}
      onChange={(accountId) => change({ accountId })}
      allowDeselect={false}
      error={error}
    />
  )
}

interface BodyProps {
  readonly body: string
  readonly onInsert: (body: string) => void
  readonly field: {
    readonly value: string
    readonly error: string | undefined
    readonly onBlur: () => void
    readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void
  }
}

function BodyField({ body, onInsert, field }: BodyProps) {
  const { t } = useStrings()
  const area = useRef<HTMLTextAreaElement>(null)
  const insert = () => {
    const at = area.current?.selectionEnd ?? body.length
    const place = `{{${nextPlace(body)}}}`
    onInsert(body.slice(0, at) + place + body.slice(at))
    area.current?.focus()
  }
  return (
    <Box>
      <Textarea
        ref={area}
        label={t('templates.body')}
        description={t('templates.bodyHint')}
        autosize
        minRows={4}
        maxRows={14}
        required
        {...field}
      />
      <Group justify="space-between" mt={6}>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={insert}>
          {t('templates.addPlace')}
        </Button>
        <Text size="xs" c="dimmed">
          {t('templates.characters', { count: body.length })}
        </Text>
      </Group>
    </Box>
  )
}

/** One value of each place, for Meta's reviewers. */
function Examples({ form, change }: FormProps) {
  const { t, named } = useStrings()
  const keys = exampleKeys(form)
  if (keys.length === 0) return null
  return (
    <Box component="section" aria-label={t('templates.examples')}>
      <Title order={2}>{t('templates.examples')}</Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('templates.examplesHint')}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        {keys.map((key) => {
          const [where = '', name = ''] = key.split('.')
          return (
            <TextInput
              key={key}
              label={
                <>
                  {named('part', where)} <bdi dir="ltr">{`{{${name}}}`}</bdi>
                </>
              }
              value={form.examples[key] ?? ''}
              onChange={(event) => change({ examples: { ...form.examples, [key]: event.currentTarget.value } })}
            />
          )
        })}
      </SimpleGrid>
    </Box>
  )
}
