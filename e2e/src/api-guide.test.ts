import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { type Ran, runProgram } from './run-program.ts'
import { makeWorld, type World } from './world.ts'

const GUIDE = readFileSync(new URL('../../docs/api-guide.md', import.meta.url), 'utf8')

interface Example {
  readonly line: number
  readonly language: string
  readonly code: string
  /** What it prints, `…` for whatever differs from run to run; undefined: not told. */
  readonly output: string | undefined
}
/** Every fenced example in order; a fence without a language right after one is its output. */
function examplesOf(markdown: string): Example[] {
  const fences = [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
  return fences.flatMap((fence, i) => {
    const [whole, language = '', code = ''] = fence
    if (language === '') return []
    const next = fences[i + 1]
    const isOutput = next?.[1] === '' && next.index === fence.index + whole.length + 1
    return [{ line: markdown.slice(0, fence.index).split('\n').length, language, code, output: isOutput ? next[2] : undefined }]
  })
}
const EXAMPLES = examplesOf(GUIDE)
const patternOf = (output: string): RegExp =>
  new RegExp(
    `^${output
      .trim()
      .split('…')
      .map((part) => RegExp.escape(part))
      .join('[\\s\\S]*?')}$`,
  )

let database: Awaited<ReturnType<typeof testDatabase>>
let world: World
let folder: string
before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url },
    simulator: { person: { deliver: 1, read: 1, timeScale: 0.01 }, wabas: [] },
  })
  folder = mkdtempSync(join(tmpdir(), 'fanfare-guide-'))
  writeFileSync(join(folder, 'state'), '')
})
after(async () => {
  await world?.close()
  await database?.drop()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

/** Runs one example where the ones before it left off: variables and functions of the shell stay, and a program is given them. */
function run({ language, code }: Example): Promise<Ran> {
  writeFileSync(join(folder, 'program.mjs'), code)
  const script = language === 'js' ? 'node program.mjs' : code
  return runProgram('bash', ['-c', `set -euo pipefail -a; . ./state\n${script}\ndeclare -f > state; export -p >> state`], {
    cwd: folder,
    timeoutMs: 60_000,
    environment: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      FANFARE_URL: world.api.baseUrl,
      FANFARE_API_KEY: world.api.key,
    },
  })
}

const lacks = ['bash', 'curl'].filter((program) => spawnSync(program, ['--version']).error !== undefined)
for (const example of EXAMPLES)
  test(`the example on line ${example.line} runs and prints what stands under it`, {
    skip: lacks.length > 0 ? `not run, this machine has no ${lacks.join(' and no ')}` : false,
  }, async () => {
    const { code, stdout, stderr } = await run(example)
    assert.equal(code, 0, `${example.code}\n${stdout}\n${stderr}`)
    if (example.output !== undefined) assert.match(stdout.trim(), patternOf(example.output), example.code)
  })

test('every example is of a kind that is run', () => {
  assert.deepEqual([...new Set(EXAMPLES.map(({ language }) => language))].sort(), ['js', 'sh'])
  assert.ok(EXAMPLES.length >= 15)
})
