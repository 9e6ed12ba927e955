import { CloseButton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { SEARCH_FIELD } from '../shell/shortcuts.ts'
import { useStrings } from '../strings/language.tsx'
import classes from './search-field.module.css'

interface Field {
  /** What is searched, also shown while nothing is typed. */
  readonly label: string
  readonly q: string | undefined
  readonly className?: string | undefined
  readonly onChange: (q: string | undefined) => void
}

/** Types freely, searches when the typing rests; follows the address when that changes. `/` leads to it. */
export function SearchField({ label, q, className, onChange }: Field) {
  const { t } = useStrings()
  const [typed, setTyped] = useState(q ?? '')
  useEffect(() => setTyped(q ?? ''), [q])
  const search = useDebouncedCallback((text: string) => onChange(text.trim() === '' ? undefined : text.trim()), 250)
  const type = (text: string) => {
    setTyped(text)
    search(text)
  }
  return (
    <TextInput
      {...SEARCH_FIELD}
      className={className ?? classes.search ?? ''}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={typed !== '' && <CloseButton size="sm" aria-label={t('action.clear')} onClick={() => type('')} />}
      value={typed}
      maxLength={200}
      onChange={(event) => type(event.currentTarget.value)}
    />
  )
}
