import { UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import classes from './editor.module.css'
import { STEPS, type Step } from './problems.ts'
import { useEditor } from './use-editor.ts'

/** The four steps, open at any time: what is filled, what still lacks something, where one is. */
export function StepList() {
  const { t, named } = useStrings()
  const format = useFormat()
  const { step: current, go } = useEditor()
  const stateOf = useStepState()
  return (
    <nav aria-label={t('editor.steps')}>
      <ol className={classes.steps}>
        {STEPS.map((step, i) => {
          const state = stateOf(step)
          return (
            <li key={step} className={classes.step}>
              <UnstyledButton
                className={classes.stepButton ?? ''}
                aria-current={step === current ? 'step' : undefined}
                data-state={state}
                onClick={() => go(step)}
              >
                <span className={classes.stepMark} aria-hidden>
                  {state === 'done' && <IconCheck size={16} stroke={2.4} />}
                  {state === 'lacking' && <IconAlertTriangle size={15} stroke={2} />}
                  {state === 'open' && format.number(i + 1)}
                </span>
                <span className={classes.stepTexts}>
                  <span className={classes.stepName}>{named('editorStep', step)}</span>
                  <span className={classes.stepHint}>{state === 'lacking' ? t('editor.lacking') : named('editorStepHint', step)}</span>
                </span>
              </UnstyledButton>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

function useStepState(): (step: Step) => 'done' | 'lacking' | 'open' {
  const { problems, draft, template } = useEditor()
  return (step) => {
    const own = problems.filter((problem) => problem.step === step)
    if (own.some(({ isMissing }) => !isMissing)) return 'lacking'
    if (own.length > 0 || step === 'review') return 'open'
    const isFilled = step === 'message' ? draft.name.trim() !== '' : true
    return template !== undefined && isFilled ? 'done' : 'open'
  }
}
