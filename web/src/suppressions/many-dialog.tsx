import { Alert, Button, FileButton, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { problemText } from '../api/problem-text.ts'
import { useStrings } from '../strings/language.tsx'
import { MANY_MAX, numbersIn } from './numbers.ts'

const FILE_BYTES_MAX = 2_000_000

/** Puts many numbers on the list: typed, pasted, or the first column of a file. Mount it to open it. */
export function ManyDialog({ onClose }: { onClose(): void }) {
  const strings = useStrings()
  const { t } = strings
  const [text, setText] = useState('')
  const [reason, setReason] = useState('')
  const [failure, setFailure] = useState<string>()
  const [invalid, setInvalid] = useState<readonly string[]>([])
  const numbers = numbersIn(text)
  const { act, isPending } = useAct({
    run: (entries: { phone: string; reason: string }[], key) =>
      answer(api.POST('/api/v1/Suppression/bulk', { body: { entries }, headers: { 'Idempotency-Key': key } })),
    done: (result) => {
      if (result.invalid.length === 0) onClose()
      setInvalid(result.invalid.map(({ phone }) => phone))
      setText(result.invalid.map(({ phone }) => phone).join('\n'))
      return t('suppressions.addedMany', { added: result.added, known: result.known })
    },
    changes: [['suppressions']],
    onProblem: (problem) => setFailure(problemText(problem, strings).message),
  })
  const read = (file: File | null) => {
    if (file === null) return
    setFailure(file.size > FILE_BYTES_MAX ? t('suppressions.fileTooLarge') : undefined)
    if (file.size <= FILE_BYTES_MAX) void file.text().then(setText)
  }
  return (
    <Modal opened onClose={onClose} title={t('suppressions.addMany')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setFailure(undefined)
          setInvalid([])
          act(numbers.map((phone) => ({ phone, reason })))
        }}
      >
        <Stack>
          {failure !== undefined && (
            <Alert color="red" role="alert" p="sm">
              {failure}
            </Alert>
          )}
          {invalid.length > 0 && (
            <Alert color="yellow" role="alert" p="sm">
              {t('suppressions.invalid', { count: invalid.length })}
            </Alert>
          )}
          <Textarea
            label={t('suppressions.numbers')}
            description={t('suppressions.numbersHint')}
            dir="ltr"
            rows={8}
            required
            data-autofocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={numbers.length > MANY_MAX ? t('suppressions.tooMany', { max: MANY_MAX }) : undefined}
          />
          <Group justify="space-between">
            <FileButton onChange={read} accept=".csv,.txt,text/csv,text/plain">
              {(props) => (
                <Button variant="default" size="xs" leftSection={<IconFileImport size={14} aria-hidden />} {...props}>
                  {t('suppressions.fromFile')}
                </Button>
              )}
            </FileButton>
            <Text size="sm" c="dimmed" role="status">
              {t('suppressions.counted', { count: numbers.length })}
            </Text>
          </Group>
          <TextInput
            label={t('suppressions.reason')}
            maxLength={500}
            autoComplete="off"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending} disabled={numbers.length === 0 || numbers.length > MANY_MAX}>
              {t('suppressions.addMany')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
