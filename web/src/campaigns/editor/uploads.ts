import { upload } from '../../api/upload.ts'

/** What this browser uploaded while the page is open: its name, and for an image the picture itself. The API keeps neither for looking at. */
export interface Uploaded {
  readonly fileName: string
  /** A data URL; null for anything but an image. */
  readonly picture: string | null
}
const uploads = new Map<string, Uploaded>()
export const uploadedAs = (mediaId: string): Uploaded | undefined => uploads.get(mediaId)

/** What a file chooser offers for a header format. The API says what it takes. */
export const ACCEPTS: Readonly<Record<string, string>> = {
  IMAGE: 'image/jpeg,image/png',
  VIDEO: 'video/mp4,video/3gpp',
  DOCUMENT: 'application/pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,text/plain',
}

/** @returns the mediaId @throws ApiProblem */
export async function uploadMedia(file: File, senderId: string | null, onProgress: (sent: number) => void): Promise<string> {
  const form = new FormData()
  form.set('file', file)
  if (senderId !== null) form.set('senderId', senderId)
  const { mediaId } = await upload<{ mediaId: string }>('/api/v1/Media', form, onProgress)
  uploads.set(mediaId, { fileName: file.name, picture: file.type.startsWith('image/') ? await pictureOf(file) : null })
  return mediaId
}

const pictureOf = (file: File): Promise<string | null> =>
  new Promise((resolve) => {
    const reader = new FileReader()
    reader.onload = () => resolve(typeof reader.result === 'string' ? reader.result : null)
    reader.onerror = () => resolve(null)
    reader.readAsDataURL(file)
  })
