// Makes a fresh clone ready: installs exactly what the lock file names, unless that is what is installed already.
// Plain JavaScript without dependencies, because it runs before anything is installed, on whatever Node is there (20 or newer).
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const marker = `${root}node_modules/.installed-lock-hash`
const lockHash = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')

if (!existsSync(marker) || readFileSync(marker, 'utf8') !== lockHash) {
  console.error('Installing dependencies (npm ci) …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    console.error('npm ci failed; see its messages above.')
    process.exit(status ?? 1)
  }
  writeFileSync(marker, lockHash)
}
