// Runs this platform's Biome. Its packages are named one by one, because the collecting package asks for platforms that not every registry has.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const home = dirname(require.resolve(`@biomejs/cli-${process.platform}-${process.arch}/package.json`))
const { status } = spawnSync(join(home, process.platform === 'win32' ? 'biome.exe' : 'biome'), process.argv.slice(2), { stdio: 'inherit' })
process.exit(status ?? 1)
