// Imports a CSV file and waits until every row is in. Usage: FANFARE_URL=… FANFARE_API_KEY=… node import-contacts.ts people.csv
import { openAsBlob } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fanfare } from '@fanfare/client'

const api = fanfare({ baseUrl: process.env.FANFARE_URL ?? '', apiKey: process.env.FANFARE_API_KEY ?? '' })

const form = new FormData()
form.set('file', await openAsBlob(process.argv[2] ?? 'people.csv'), 'people.csv')
form.set('defaultCountry', 'IN') // of numbers written without a country code
form.append('tags', 'Imported')
const { importId } = await api.importContacts({ body: form })

for (;;) {
  const { status, rows, created, updated, failed } = await api.getImport({ id: importId })
  if (status !== 'Queued' && status !== 'Running') {
    console.log(`${status}: ${rows} rows, ${created} created, ${updated} updated, ${failed} refused`)
    if (failed > 0) console.log(await (await api.getImportErrors({ id: importId })).text()) // line, reason, and the row as it came
    break
  }
  await setTimeout(500)
}
