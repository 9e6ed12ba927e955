import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { problemText } from '../api/problem-text.ts'
import { identity } from '../session/auth.ts'
import { ToPaste } from '../settings/connect-account.tsx'
import { useStrings } from '../strings/language.tsx'
import { PasswordDialog } from './password-dialog.tsx'
import { QrCode } from './qr-code.tsx'

interface Prepared {
  readonly totpURI: string
  readonly backupCodes: readonly string[]
}

/** Password, then the secret for the app, then the app's first code: only that switches the second factor on. */
export function EnableSecondFactor({ onDone, onClose }: { onDone(backupCodes: readonly string[]): void; onClose(): void }) {
  const { t } = useStrings()
  const [prepared, setPrepared] = useState<Prepared>()
  if (prepared === undefined)
    return (
      <PasswordDialog
        title={t('account.enableTitle')}
        hint={t('account.enableHint')}
        verb={t('account.goOn')}
        run={(password) => identity<Prepared>('POST', 'two-factor/enable', { password })}
        done={(answered) => {
          setPrepared(answered)
          return undefined
        }}
        onClose={onClose}
      />
    )
  return (
    <FirstCode
      uri={prepared.totpURI}
      onDone={() => {
        onDone(prepared.backupCodes)
        onClose()
      }}
      onClose={onClose}
    />
  )
}

function FirstCode({ uri, onDone, onClose }: { readonly uri: string; onDone(): void; onClose(): void }) {
  const strings = useStrings()
  const { t } = strings
  const [code, setCode] = useState('')
  const [failure, setFailure] = useState<string>()
  const { act, isPending } = useAct({
    run: (text: string) => identity('POST', 'two-factor/verify-totp', { code: text.replaceAll(/\s/g, '') }),
    done: () => {
      onDone()
      return t('account.factorEnabled')
    },
    changes: [['me'], ['sessions'], ['team']],
    onProblem: (problem) => setFailure(problem.code === 'code-wrong' ? t('signIn.wrongCode') : problemText(problem, strings).message),
  })
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={false}
      title={t('account.enableTitle')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setFailure(undefined)
          act(code)
        }}
      >
        <Stack>
          <Text size="sm">{t('account.scanHint')}</Text>
          <QrCode text={uri} label={t('account.qrCode')} />
          <ToPaste label={t('account.secret')} value={new URL(uri).searchParams.get('secret') ?? ''} />
          <TextInput
            label={t('signIn.code')}
            description={t('signIn.codeHint')}
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            data-autofocus
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            error={failure}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending}>
              {t('account.enableFactor')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
