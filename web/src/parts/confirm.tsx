import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useStrings } from '../strings/language.tsx'

interface Confirm {
  /** The question, naming what it is about: "Cancel “May Promo”?" */
  readonly title: string
  /** What will happen, and to how many. */
  readonly children: ReactNode
  /** The act itself, a verb: "Cancel the campaign", never "OK". */
  readonly verb: string
  readonly isDangerous?: boolean
  readonly isPending: boolean
  /** False while something in the dialog is still to be filled in. */
  readonly isReady?: boolean
  /** Must be typed before the button works: for acts on very many people. */
  readonly typed?: string | undefined
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before an act that cannot be taken back. Mount it to open it. */
export function ConfirmDialog({
  title,
  children,
  verb,
  isDangerous = false,
  isPending,
  isReady = true,
  typed,
  onConfirm,
  onClose,
}: Confirm) {
  const { t } = useStrings()
  const [text, setText] = useState('')
  const mayConfirm = isReady && (typed === undefined || text.replaceAll(/[\s.,٬]/g, '') === typed)
  return (
    <Modal opened onClose={onClose} title={<span className="typed">{title}</span>} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (mayConfirm) onConfirm()
        }}
      >
        <Stack>
          <Text component="div" size="sm">
            {children}
          </Text>
          {typed !== undefined && (
            <TextInput
              label={t('confirm.typed', { number: typed })}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              data-autofocus
              autoComplete="off"
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" color={isDangerous ? 'red.8' : 'brand'} loading={isPending} disabled={!mayConfirm}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
