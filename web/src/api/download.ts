import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { useStrings } from '../strings/language.tsx'
import { ApiProblem } from './problem.ts'
import { problemText } from './problem-text.ts'

interface Download {
  /** Below our own origin. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly fileName: string
}

/** Saves an answer as a file; a refusal is told instead of being saved as one. */
export function useDownload() {
  const strings = useStrings()
  const [isPending, setPending] = useState(false)
  const download = async ({ path, headers, fileName }: Download) => {
    if (isPending) return
    setPending(true)
    try {
      const response = await fetch(path, { headers, credentials: 'same-origin' }).catch(() => {
        throw new ApiProblem(0, {})
      })
      if (!response.ok) throw new ApiProblem(response.status, (await response.json().catch(() => ({}))) as Record<string, unknown>)
      const address = URL.createObjectURL(await response.blob())
      const link = document.createElement('a')
      link.href = address
      link.download = fileName
      link.click()
      setTimeout(() => URL.revokeObjectURL(address), 60_000)
    } catch (error) {
      const closeButtonProps = { 'aria-label': strings.t('action.close') }
      notifications.show({ ...problemText(error, strings), color: 'red', autoClose: 10_000, closeButtonProps })
    } finally {
      setPending(false)
    }
  }
  return { download: (what: Download) => void download(what), isPending }
}
