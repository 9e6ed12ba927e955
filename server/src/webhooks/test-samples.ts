import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The sample bodies: sixty files of what Meta posts, `01-….json` on, each with the signature of its exact bytes. */
const DIR = fileURLToPath(new URL('../../fixtures/webhooks/', import.meta.url))
export const FILES = readdirSync(DIR)
  .filter((file) => /^\d\d-.*\.json$/.test(file))
  .sort()
export const bytesOf = (file: string) => readFileSync(DIR + file)
export const SIGNATURES = JSON.parse(readFileSync(`${DIR}signatures.json`, 'utf8')) as {
  app_secret: string
  signatures: Record<string, string>
}
/** Seconds of the moment that the samples count from. */
export const T = 1_779_958_800
/** WhatsApp ids of the people they are about. */
export const ASHA = '919876500011'
export const JOAO = '558587654321'
export const OMAR = '201001234567'
