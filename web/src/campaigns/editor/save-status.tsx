import { Button, Group, Loader, Text } from '@mantine/core'
import { IconAlertTriangle, IconCloudCheck } from '@tabler/icons-react'
import { problemText } from '../../api/problem-text.ts'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import classes from './editor.module.css'
import { useEditor, useTakeTheirs } from './use-editor.ts'

/** Whether what is on screen is stored. */
export function SaveStatus() {
  const strings = useStrings()
  const { t } = strings
  const format = useFormat()
  const { save, saver, input, isScheduled } = useEditor()
  const takeTheirs = useTakeTheirs()
  const retry = (overwrite: boolean) => void saver.flush(overwrite).catch(() => {})
  if (save.phase === 'failed' && save.problem?.status === 412)
    return (
      <div className={classes.warning} role="alert">
        <div>
          <Text size="sm" fw={600}>
            {t('editor.conflict')}
          </Text>
          <Group gap="xs" mt={6}>
            <Button size="xs" variant="default" onClick={() => void takeTheirs()}>
              {t('editor.takeTheirs')}
            </Button>
            <Button size="xs" variant="default" onClick={() => retry(true)}>
              {t('editor.keepMine')}
            </Button>
          </Group>
        </div>
      </div>
    )
  if (save.phase === 'failed')
    return (
      <Group gap="xs" role="alert" wrap="nowrap">
        <Text size="sm" style={{ color: 'var(--bad-text)' }}>
          <IconAlertTriangle size={15} aria-hidden style={{ verticalAlign: '-2px', marginInlineEnd: 6 }} />
          {t('editor.notSaved', { reason: problemText(save.problem, strings).title })}
        </Text>
        <Button size="xs" variant="default" onClick={() => retry(false)}>
          {t('action.retry')}
        </Button>
      </Group>
    )
  const text = () => {
    if (save.phase === 'saving') return t('editor.saving')
    if (save.phase === 'waiting') return t(isScheduled ? 'editor.unsaved' : 'editor.saving')
    if (input === undefined && save.stored === undefined) return t('editor.notYetSaved')
    if (save.savedAt !== undefined) return t('editor.savedAt', { time: format.time(new Date(save.savedAt)) })
    return t('editor.saved')
  }
  const isBusy = save.phase === 'saving' || (save.phase === 'waiting' && !isScheduled)
  return (
    <Group gap={6} wrap="nowrap" role="status" c="dimmed">
      {isBusy ? (
        <Loader size={14} />
      ) : (
        save.stored !== undefined && save.phase === 'idle' && <IconCloudCheck size={17} stroke={1.7} aria-hidden />
      )}
      <Text size="sm">{text()}</Text>
    </Group>
  )
}
