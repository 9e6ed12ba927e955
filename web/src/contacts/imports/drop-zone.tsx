import { Text } from '@mantine/core'
import { IconFileSpreadsheet } from '@tabler/icons-react'
import { useState } from 'react'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import classes from './drop-zone.module.css'

/** Where a file is dropped, or chosen by click or keyboard. */
export function DropZone({ file, onFile }: { readonly file: File | undefined; onFile(file: File): void }) {
  const { t } = useStrings()
  const format = useFormat()
  const [isOver, setIsOver] = useState(false)
  const take = (files: FileList | null) => {
    const chosen = files?.[0]
    if (chosen !== undefined) onFile(chosen)
  }
  return (
    <label
      className={classes.zone}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setIsOver(false)
        take(event.dataTransfer.files)
      }}
    >
      <input
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        className={classes.input}
        aria-label={t('imports.file')}
        onChange={(event) => {
          take(event.currentTarget.files)
          event.currentTarget.value = '' // the same file, corrected, may be chosen again
        }}
      />
      <IconFileSpreadsheet size={32} stroke={1.4} aria-hidden />
      <Text component="span" fw={600} size="sm" className="typed">
        {file === undefined ? t('imports.drop') : file.name}
      </Text>
      <Text component="span" size="xs" c="dimmed">
        {file === undefined ? t('imports.dropHint') : t('imports.size', { size: format.number(Math.ceil(file.size / 1024)) })}
      </Text>
    </label>
  )
}
