import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const DEBIAN = '/usr/bin/chromium'
const PACKAGES = ['chromium', 'fonts-noto-core', 'fonts-noto-color-emoji']

/** The browser of the tests: the one `CHROMIUM_PATH` names, else Debian's; undefined when neither is there. */
export const findBrowser = (): string | undefined =>
  [process.env.CHROMIUM_PATH, DEBIAN].find((path) => path !== undefined && path !== '' && existsSync(path))

/** The browser; root on Debian gets it installed, anybody else is told the one command. */
export function ensureBrowser(): string {
  const found = findBrowser()
  if (found !== undefined) return found
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    console.log(`Installing ${PACKAGES.join(', ')} …`)
    const apt = (...args: string[]) =>
      spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status === 0
    if (apt('update', '-qq') && apt('install', '-y', '-qq', '--no-install-recommends', ...PACKAGES) && existsSync(DEBIAN)) return DEBIAN
  }
  throw new Error(
    `The tests of the console need Chromium. Install it and run them again:\n  sudo apt-get install -y ${PACKAGES.join(' ')}\nor name one that is there: CHROMIUM_PATH=/path/to/chromium npm test`,
  )
}
