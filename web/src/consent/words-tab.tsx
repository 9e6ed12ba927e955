import { ActionIcon, Badge, Box, Button, Group, Stack, TagsInput, Text, TextInput, Title } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answerWithEtag, api } from '../api/client.ts'
import { Failures } from '../parts/failures.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type ConsentWords, type WordList, wordsQuery } from './queries.ts'

const KINDS = ['stop', 'start'] as const
type Kind = (typeof KINDS)[number]

/** The built-in words to read, and the workspace's own to write, by language. */
export function WordsTab() {
  const { t } = useStrings()
  const { workspace } = useSession()
  const words = useQuery({ ...wordsQuery(workspace.id), refetchOnWindowFocus: false })
  return (
    <Loaded label={t('consent.words')} query={words} height={320}>
      {(data) => <Words {...data} workspaceId={workspace.id} />}
    </Loaded>
  )
}

interface Row extends WordList {
  readonly id: number
}
let rows = 0
const rowOf = ({ language, words }: WordList): Row => ({ language, words, id: rows++ })
const rowsOf = (words: Pick<ConsentWords, Kind>) => ({ stop: words.stop.map(rowOf), start: words.start.map(rowOf) })

function Words({ item, etag, workspaceId }: { readonly item: ConsentWords; readonly etag: string | null; readonly workspaceId: string }) {
  const { t } = useStrings()
  const { may } = useSession()
  const [own, setOwn] = useState(() => rowsOf(item))
  /** The version that is changed here: what others change meanwhile refuses the next save instead of being overwritten. */
  const [version, setVersion] = useState(etag)
  const [errors, setErrors] = useState<readonly { readonly pointer: string; readonly detail: string }[]>([])
  const mayEdit = may('Workspace:Edit')
  const { act, isPending } = useAct({
    run: (input: Record<Kind, readonly Row[]>, key) => {
      const lists = (kind: Kind) =>
        input[kind].filter(({ words }) => words.length > 0).map(({ language, words }) => ({ language, words: [...words] }))
      return answerWithEtag(
        api.PUT('/api/v1/Workspace/{id}/words', {
          params: { path: { id: workspaceId } },
          headers: { 'Idempotency-Key': key, ...(version === null ? {} : { 'If-Match': version }) },
          body: { stop: lists('stop'), start: lists('start') },
        }),
      )
    },
    done: (saved) => {
      setVersion(saved.etag)
      setOwn(rowsOf(saved.item))
      return t('consent.wordsSaved')
    },
    changes: [['consent', 'words']],
    onProblem: (problem) => setErrors(problem.errors.length > 0 ? problem.errors : [{ pointer: '', detail: problem.message }]),
  })
  const change = (kind: Kind, list: readonly Row[]) => {
    setErrors([])
    setOwn({ ...own, [kind]: [...list] })
  }
  /** Rows without words are not sent: the API counts the others. */
  const errorOf = (kind: Kind, id: number, part: 'language' | 'words') => {
    const at = own[kind].filter(({ words }) => words.length > 0).findIndex((row) => row.id === id)
    const found = errors.filter(({ pointer }) => pointer.startsWith(`/${kind}/${at}/${part}`)).map(({ detail }) => detail)
    return found.length === 0 ? undefined : found.join(' ')
  }
  const rest = errors.filter(({ pointer }) => !/^\/(stop|start)\/\d+\/(language|words)/.test(pointer)).map(({ detail }) => detail)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        setErrors([])
        act(own)
      }}
    >
      <Stack p="md" gap="xl" maw={820}>
        <Text size="sm" c="dimmed">
          {t('consent.wordsHint')}
        </Text>
        <Failures lines={rest} />
        {KINDS.map((kind) => (
          <Box key={kind} component="section" aria-labelledby={`words-${kind}`}>
            <Title order={2} id={`words-${kind}`}>
              {t(`consent.${kind}Words`)}
            </Title>
            <Text size="sm" c="dimmed" mb="md">
              {t(`consent.${kind}WordsHint`)}
            </Text>
            <Stack gap="sm">
              {own[kind].map((row) => (
                <OwnWords
                  key={row.id}
                  row={row}
                  mayEdit={mayEdit}
                  languageError={errorOf(kind, row.id, 'language')}
                  wordsError={errorOf(kind, row.id, 'words')}
                  onChange={(changed) =>
                    change(
                      kind,
                      own[kind].map((one) => (one.id === row.id ? changed : one)),
                    )
                  }
                  onRemove={() =>
                    change(
                      kind,
                      own[kind].filter(({ id }) => id !== row.id),
                    )
                  }
                />
              ))}
              {own[kind].length === 0 && (
                <Text size="sm" c="dimmed">
                  {t('consent.noOwnWords')}
                </Text>
              )}
              {mayEdit && (
                <Button
                  variant="default"
                  leftSection={<IconPlus size={16} aria-hidden />}
                  style={{ alignSelf: 'flex-start' }}
                  onClick={() => change(kind, [...own[kind], rowOf({ language: '', words: [] })])}
                >
                  {t(`consent.add${kind === 'stop' ? 'Stop' : 'Start'}Words`)}
                </Button>
              )}
              <BuiltIn lists={item.builtIn[kind]} />
            </Stack>
          </Box>
        ))}
        {mayEdit && (
          <Button type="submit" loading={isPending} style={{ alignSelf: 'flex-start' }}>
            {t('consent.saveWords')}
          </Button>
        )}
      </Stack>
    </form>
  )
}

interface OwnRow {
  readonly row: Row
  readonly mayEdit: boolean
  readonly languageError: string | undefined
  readonly wordsError: string | undefined
  onChange(row: Row): void
  onRemove(): void
}

function OwnWords({ row, mayEdit, languageError, wordsError, onChange, onRemove }: OwnRow) {
  const { t } = useStrings()
  if (!mayEdit) return <WordLine language={row.language} words={row.words} />
  return (
    <Group align="flex-start" gap="sm" wrap="wrap">
      <TextInput
        label={t('consent.language')}
        placeholder="es"
        required
        maxLength={35}
        w={120}
        value={row.language}
        onChange={(event) => onChange({ ...row, language: event.currentTarget.value })}
        error={languageError}
      />
      <TagsInput
        label={t('consent.wordsOf')}
        description={t('consent.pressEnter')}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        value={[...row.words]}
        onChange={(words) => onChange({ ...row, words })}
        maxTags={200}
        acceptValueOnBlur
        error={wordsError}
        flex="1 1 240px"
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        mt={24}
        aria-label={t('consent.removeWords', { language: row.language || '–' })}
        onClick={onRemove}
      >
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
    </Group>
  )
}

/** Words of every workspace: to be read. */
function BuiltIn({ lists }: { readonly lists: readonly WordList[] }) {
  const { t } = useStrings()
  return (
    <Box mt="xs">
      <Text size="sm" fw={600} mb={6}>
        {t('consent.builtIn')}
      </Text>
      <Stack gap={6}>
        {lists.map(({ language, words }) => (
          <WordLine key={language} language={language} words={words} />
        ))}
      </Stack>
    </Box>
  )
}

function WordLine({ language, words }: WordList) {
  const { locale } = useStrings()
  return (
    <Group gap={6} align="baseline" wrap="nowrap">
      <Text size="xs" c="dimmed" w={96} className="typed" style={{ flexShrink: 0 }}>
        {nameOf(language, locale)}
      </Text>
      <Group gap={6}>
        {words.map((word) => (
          <Badge key={word} variant="light" color="gray" tt="none" fw={500}>
            <bdi>{word}</bdi>
          </Badge>
        ))}
      </Group>
    </Group>
  )
}

/** `es` by its name; a label that is no language as it was written. */
function nameOf(language: string, locale: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: 'language', fallback: 'code' }).of(language) ?? language
  } catch {
    return language
  }
}
