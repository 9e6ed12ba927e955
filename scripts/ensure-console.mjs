// Builds the console when its build is missing or was made from other sources. Plain JavaScript, so that `npm start` needs no TypeScript here.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const marker = join(root, 'web/dist/.sources-hash')

const filesOf = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
const single = ['package-lock.json', 'web/index.html', 'web/vite.config.ts'].map((file) => join(root, file))
const hash = createHash('sha256')
for (const file of [...single, ...filesOf('web/src'), ...filesOf('web/public')].sort())
  hash.update(file.slice(root.length)).update(readFileSync(file))
const sourcesHash = hash.digest('hex')

if (!existsSync(marker) || readFileSync(marker, 'utf8') !== sourcesHash) {
  console.error('Building the console …')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const { status } = spawnSync(process.execPath, [vite, 'build', 'web', '--logLevel', 'warn'], { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) {
    console.error('The console could not be built; see the messages above.')
    process.exit(status ?? 1)
  }
  writeFileSync(marker, sourcesHash)
}
