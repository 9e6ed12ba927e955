import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { problemText } from '../api/problem-text.ts'
import { useStrings } from '../strings/language.tsx'

interface PasswordDialogProps<Output> {
  readonly title: string
  readonly hint: string
  readonly verb: string
  readonly isDangerous?: boolean
  run(password: string): Promise<Output>
  /** What the toast says, when there is one. */
  done(output: Output): string | undefined
  onClose(): void
}

/** Asks for the password once more before an act on the account itself. */
export function PasswordDialog<Output>({ title, hint, verb, isDangerous = false, run, done, onClose }: PasswordDialogProps<Output>) {
  const strings = useStrings()
  const { t } = strings
  const [password, setPassword] = useState('')
  const [failure, setFailure] = useState<string>()
  const { act, isPending } = useAct({
    run,
    done: (output: Output) => done(output),
    changes: [['me']],
    onProblem: (problem) =>
      setFailure(problem.code === 'password-wrong' ? t('account.passwordWrong') : problemText(problem, strings).message),
  })
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setFailure(undefined)
          act(password)
        }}
      >
        <Stack>
          <Text size="sm">{hint}</Text>
          <PasswordInput
            label={t('signIn.password')}
            autoComplete="current-password"
            required
            data-autofocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={failure}
            aria-invalid={failure !== undefined}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending} color={isDangerous ? 'red.8' : 'brand'}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
