import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { identity } from '../session/auth.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { BackupCodes } from './backup-codes.tsx'
import { EnableSecondFactor } from './enable-second-factor.tsx'
import { PasswordDialog } from './password-dialog.tsx'

/** The second factor by an authenticator app: on or off, with codes for the day the phone is gone. */
export function SecondFactor() {
  const { t } = useStrings()
  const { user } = useSession()
  const [open, setOpen] = useState<'enable' | 'disable' | 'codes'>()
  const [codes, setCodes] = useState<readonly string[]>()
  const close = () => setOpen(undefined)
  return (
    <Stack>
      <Group gap="xs">
        <Text size="sm">{t('account.factorHint')}</Text>
        <Badge
          tt="none"
          variant="light"
          style={{
            background: user.twoFactorEnabled ? 'var(--ok-bg)' : 'var(--idle-bg)',
            color: user.twoFactorEnabled ? 'var(--ok-text)' : 'var(--idle-text)',
          }}
        >
          {t(user.twoFactorEnabled ? 'team.on' : 'team.off')}
        </Badge>
      </Group>
      {codes !== undefined && <BackupCodes codes={codes} onClose={() => setCodes(undefined)} />}
      <Group>
        {user.twoFactorEnabled ? (
          <>
            <Button variant="default" onClick={() => setOpen('codes')}>
              {t('account.newCodes')}
            </Button>
            <Button variant="default" onClick={() => setOpen('disable')}>
              {t('account.disableFactor')}
            </Button>
          </>
        ) : (
          <Button onClick={() => setOpen('enable')}>{t('account.enableFactor')}</Button>
        )}
      </Group>
      {open === 'enable' && <EnableSecondFactor onClose={close} onDone={setCodes} />}
      {open === 'disable' && (
        <PasswordDialog
          title={t('account.disableFactor')}
          hint={t('account.disableHint')}
          verb={t('account.disableFactor')}
          isDangerous
          run={(password) => identity('POST', 'two-factor/disable', { password })}
          done={() => {
            close()
            setCodes(undefined)
            return t('account.factorDisabled')
          }}
          onClose={close}
        />
      )}
      {open === 'codes' && (
        <PasswordDialog
          title={t('account.newCodes')}
          hint={t('account.newCodesHint')}
          verb={t('account.newCodes')}
          run={(password) => identity<{ backupCodes: string[] }>('POST', 'two-factor/generate-backup-codes', { password })}
          done={({ backupCodes }) => {
            close()
            setCodes(backupCodes)
            return t('account.codesMade')
          }}
          onClose={close}
        />
      )}
    </Stack>
  )
}
