import { ActionIcon, Box, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useStrings } from '../strings/language.tsx'
import { BUTTON_TYPES, type ButtonForm, placesOf } from './new-template.ts'

interface Rows {
  readonly buttons: readonly ButtonForm[]
  readonly onChange: (buttons: readonly ButtonForm[]) => void
  readonly errorAt: (field: string) => string | undefined
  readonly onTouch: (field: string) => void
}

/** The buttons below the message. */
export function ButtonRows({ buttons, onChange, errorAt, onTouch }: Rows) {
  const { t } = useStrings()
  const error = errorAt('buttons')
  return (
    <Stack gap="sm" component="section" aria-label={t('templates.buttons')}>
      <Text size="sm" fw={500}>
        {t('templates.buttons')}
      </Text>
      {buttons.map((button, i) => (
        <ButtonRow
          // biome-ignore lint/suspicious/noArrayIndexKey: a button has no other name than its place
          key={i}
          button={button}
          number={i + 1}
          errorAt={(part) => errorAt(`buttons.${i}.${part}`)}
          onTouch={(part) => {
            onTouch(`buttons.${i}.${part}`)
            onTouch('buttons')
          }}
          onChange={(changed) => onChange(buttons.map((old, at) => (at === i ? changed : old)))}
          onRemove={() => onChange(buttons.filter((_, at) => at !== i))}
        />
      ))}
      {error !== undefined && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {error}
        </Text>
      )}
      <Button
        size="xs"
        variant="default"
        leftSection={<IconPlus size={14} aria-hidden />}
        style={{ alignSelf: 'flex-start' }}
        onClick={() => {
          onTouch('buttons')
          onChange([...buttons, { type: 'QUICK_REPLY', text: '', value: '', example: '' }])
        }}
      >
        {t('templates.addButton')}
      </Button>
    </Stack>
  )
}

interface Row {
  readonly button: ButtonForm
  readonly number: number
  readonly errorAt: (part: string) => string | undefined
  readonly onTouch: (part: string) => void
  readonly onChange: (button: ButtonForm) => void
  readonly onRemove: () => void
}

function ButtonRow({ button, number, errorAt, onTouch, onChange, onRemove }: Row) {
  const { t, named } = useStrings()
  const text = (part: 'text' | 'value' | 'example') => ({
    value: button[part],
    error: errorAt(part),
    onBlur: () => onTouch(part),
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => onChange({ ...button, [part]: event.currentTarget.value }),
  })
  const isAddress = button.type === 'URL'
  return (
    <Group gap="xs" align="flex-start">
      <Select
        label={t('templates.buttonKind', { number })}
        data={BUTTON_TYPES.map((value) => ({ value, label: named('buttonType', value) }))}
        value={button.type}
        onChange={(type) => type !== null && onChange({ ...button, type: type as ButtonForm['type'] })}
        allowDeselect={false}
        flex="1 1 150px"
      />
      {button.type !== 'COPY_CODE' && <TextInput label={t('templates.buttonText')} flex="2 1 160px" {...text('text')} />}
      {button.type !== 'QUICK_REPLY' && (
        <TextInput
          label={named('buttonValue', button.type)}
          dir="ltr"
          {...(isAddress ? { placeholder: 'https://' } : {})}
          flex="3 1 200px"
          {...text('value')}
        />
      )}
      {isAddress && placesOf(button.value).length > 0 && (
        <TextInput label={t('templates.addressExample')} dir="ltr" placeholder="https://" flex="3 1 200px" {...text('example')} />
      )}
      <Box pt={28}>
        <ActionIcon aria-label={t('templates.removeButton', { number })} onClick={onRemove}>
          <IconTrash size={17} aria-hidden />
        </ActionIcon>
      </Box>
    </Group>
  )
}
