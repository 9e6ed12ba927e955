import { Alert, Button, Group, Stack, Table, TagsInput, Text, Title } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { useState } from 'react'
import { useAct } from '../../api/act.ts'
import { answer, api, type Schema } from '../../api/client.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { useStrings } from '../../strings/language.tsx'
import { useEditor } from './use-editor.ts'

const PEOPLE_MAX = 10

/** The message to a few people before everybody gets it; what became of each. */
export function TestSend() {
  const { t } = useStrings()
  const { saver, campaign, isScheduled, save, problems } = useEditor()
  const [phones, setPhones] = useState<string[]>([])
  const [results, setResults] = useState<Schema<'TestSendResults'>['results']>()
  const [failures, setFailures] = useState<readonly string[]>([])
  const { act, isPending } = useAct({
    run: async (to: readonly string[], key) => {
      const stored = isScheduled ? save.stored : await saver.flush()
      const id = stored?.item.id ?? ''
      return answer(
        api.POST('/api/v1/WhatsappCampaign/{id}/test-send', {
          params: { path: { id } },
          body: { phones: [...to] },
          headers: { 'Idempotency-Key': key },
        }),
      )
    },
    done: (answered) => {
      setResults(answered.results)
      return t('editor.testDone', { count: answered.results.length })
    },
    changes: [],
    onProblem: (problem) => {
      setResults(undefined)
      setFailures(
        problem.errors.length === 0
          ? [problem.message]
          : problem.errors.map(({ pointer, detail }) => `${phoneAt(pointer, phones)}${detail}`),
      )
    },
  })
  if (campaign !== undefined && !campaign.actions.includes('testSend')) return null
  const send = () => {
    setFailures([])
    act(phones)
  }
  const isOpen = campaign !== undefined && !problems.some(({ step }) => step === 'message')
  return (
    <Stack component="section" gap="xs" aria-label={t('editor.test')}>
      <Title order={2}>{t('editor.test')}</Title>
      <Text size="sm" c="dimmed">
        {t(isScheduled && save.phase !== 'idle' ? 'editor.testStored' : 'editor.testHint')}
      </Text>
      <Group gap="sm" align="flex-start">
        <TagsInput
          aria-label={t('editor.testNumbers')}
          placeholder={phones.length === 0 ? '+91 98765 43210' : ''}
          value={phones}
          onChange={setPhones}
          maxTags={PEOPLE_MAX}
          maxLength={40}
          splitChars={[',', ';', '\n']}
          acceptValueOnBlur
          clearable
          clearButtonProps={{ 'aria-label': t('action.clear') }}
          flex="1 1 260px"
        />
        <Button
          variant="default"
          leftSection={<IconSend size={16} aria-hidden />}
          loading={isPending}
          disabled={!isOpen || phones.length === 0}
          onClick={send}
        >
          {t('editor.testSend')}
        </Button>
      </Group>
      {failures.map((failure) => (
        <Alert key={failure} color="red" p="sm" role="alert">
          {failure}
        </Alert>
      ))}
      {results !== undefined && (
        <Table aria-label={t('editor.testResults')} withRowBorders verticalSpacing={6}>
          <Table.Tbody>
            {results.map(({ phone, status, errorTitle }) => (
              <Table.Tr key={phone}>
                <Table.Td className="number">
                  <bdi dir="ltr">{phone}</bdi>
                </Table.Td>
                <Table.Td>
                  <StatusChip status={status} />
                </Table.Td>
                <Table.Td className="typed">{errorTitle}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  )
}

/** The number that a refusal is about, before its words. */
const phoneAt = (pointer: string, phones: readonly string[]): string => {
  const phone = phones[Number(/^\/phones\/(\d+)$/.exec(pointer)?.[1])]
  return phone === undefined ? '' : `${phone}: `
}
