import { Anchor, Box, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconRefresh } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { ApiProblem } from '../../api/problem.ts'
import { FailureState } from '../../parts/states.tsx'
import { useStrings } from '../../strings/language.tsx'
import classes from './editor.module.css'
import { usePreflightWords } from './preflight-words.ts'
import { type FieldProblem, problemsOf, type Step, stepOfPointer } from './problems.ts'
import { useEditor } from './use-editor.ts'
import { usePreflight } from './use-preflight.ts'

type Level = 'blocker' | 'warning' | 'ok'
const ICONS = { blocker: IconCircleX, warning: IconAlertTriangle, ok: IconCircleCheck } as const

/** Everything that was looked at before it goes out: what stops it first, each with what to do and the way there. */
export function Preflight() {
  const { t } = useStrings()
  const { problems } = useEditor()
  const { data, error, isAsked, isFetching, isStale, refetch } = usePreflight()
  const [isAll, setAll] = useState(false)
  const words = usePreflightWords()
  const hints = useHints()
  const checks = data?.checks ?? []
  const refusal = error instanceof ApiProblem && error.status < 500 ? problemsOf([error]) : undefined
  const stopped = new Set(checks.filter(({ level }) => level === 'blocker').map(({ pointer }) => stepOfPointer(pointer)))
  // what the API would not even store, unless the list says it already
  const unsaid = distinct([...problems, ...(refusal ?? [])]).filter(({ step }) => !stopped.has(step))
  const fine = checks.filter(({ level }) => level === 'ok')
  const open = checks.filter(({ level }) => level !== 'ok')
  const blockers = hints.length + unsaid.length + open.filter(({ level }) => level === 'blocker').length
  return (
    <Box component="section" aria-label={t('editor.warnings')} aria-busy={isFetching}>
      <Group justify="space-between" mb="xs">
        <Title order={2}>{t('editor.warnings')}</Title>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconRefresh size={15} aria-hidden />}
          loading={isFetching}
          disabled={!isAsked}
          onClick={() => void refetch()}
        >
          {t('preflight.again')}
        </Button>
      </Group>
      {isAsked && data === undefined && error === null && (
        <Skeleton height={160} role="status" aria-busy aria-label={t('list.loading', { label: t('preflight.list') })} />
      )}
      {data === undefined && error !== null && refusal === undefined && <FailureState error={error} onRetry={() => void refetch()} />}
      {(data !== undefined || blockers > 0) && (
        <Group gap="xs" mb="xs">
          <Text size="sm" fw={500} role="status" c={blockers === 0 ? 'var(--ok-text)' : 'var(--bad-text)'} className={classes.standing}>
            {blockers === 0 ? <IconCircleCheck size={16} aria-hidden /> : <IconCircleX size={16} aria-hidden />}
            {blockers === 0 ? t('preflight.ready') : t('preflight.blocked', { count: blockers })}
          </Text>
          {fine.length > 0 && (
            <Anchor component="button" type="button" size="sm" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
              {isAll ? t('preflight.hideFine') : t('preflight.showFine', { count: fine.length })}
            </Anchor>
          )}
        </Group>
      )}
      <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }} opacity={isStale ? 0.6 : 1}>
        {hints.map(({ text, step }) => (
          <Check key={text} level="blocker" title={text} step={step} />
        ))}
        {unsaid.map((problem) => (
          <Check key={problem.path} level="blocker" {...words.ofProblem(problem)} step={problem.step} />
        ))}
        {[...open, ...(isAll ? fine : [])].map((check, i) => (
          <Check
            // several checks of one code may stand, one for each medium or hold
            // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole
            key={`${check.code} ${i}`}
            level={check.level}
            title={words.titleOf(check.code, check.title)}
            fix={check.fix === null ? null : words.fixOf(check.code, check.fix)}
            step={stepOfPointer(check.pointer)}
          >
            {words.seenOf(check)}
          </Check>
        ))}
      </Stack>
    </Box>
  )
}

interface CheckProps {
  readonly level: Level
  readonly title: string
  readonly fix?: string | null
  readonly step: Step
  /** What was seen. */
  readonly children?: ReactNode
}
function Check({ level, title, fix = null, step, children }: CheckProps) {
  const { t, named } = useStrings()
  const { go } = useEditor()
  const Icon = ICONS[level]
  return (
    <Box component="li" className={classes.warning} data-level={level}>
      <Icon size={18} aria-hidden style={{ flex: 'none', marginBlockStart: 1 }} />
      <Box flex="1 1 0" miw={0}>
        <Text size="sm" fw={600} className="typed">
          <span className={classes.level}>{named('preflightLevel', level)}</span> {title}
        </Text>
        {children !== undefined && children !== '' && (
          <Text size="sm" className="typed" dir="auto">
            {children}
          </Text>
        )}
        {fix !== null && <Text size="sm">{fix}</Text>}
      </Box>
      {step !== 'review' && level !== 'ok' && (
        <Anchor component="button" type="button" size="sm" c="inherit" td="underline" onClick={() => go(step)}>
          {t('editor.goTo', { step: named('editorStep', step) })}
        </Anchor>
      )}
    </Box>
  )
}

const distinct = (problems: readonly FieldProblem[]) => [...new Map(problems.map((problem) => [problem.path, problem])).values()]

/** What the API is not asked about: it takes no campaign without these. */
function useHints(): readonly { readonly text: string; readonly step: Step }[] {
  const { t } = useStrings()
  const { draft } = useEditor()
  return [
    ...(draft.name.trim() === '' ? [{ text: t('editor.needsName'), step: 'message' as const }] : []),
    ...(draft.templateId === null ? [{ text: t('editor.needsTemplate'), step: 'message' as const }] : []),
  ]
}
