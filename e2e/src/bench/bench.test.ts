import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runNode } from '../run-program.ts'
import { PARTS } from './parts.ts'
import { at, type Results } from './results.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

test('every part of the bench runs to its end at a tiny size, with figures that are numbers and counts that add up', async () => {
  const { code, stdout, stderr } = await runNode([MAIN, '--smoke'], { BENCH_ONLY: '' })
  assert.equal(code, 0, `${stdout.slice(-6_000)}\n${stderr.slice(-2_000)}`)
  const { parts } = JSON.parse(readFileSync(at('bench-results/smoke.json'), 'utf8')) as Results
  assert.deepEqual(
    parts.map(({ name }) => name),
    PARTS.map(({ name }) => name),
  )
  for (const { name, rows, checks, failure } of parts) {
    assert.equal(failure, undefined, name)
    assert.ok(rows.length > 1, `${name} measured nothing`)
    for (const { what, value } of rows) assert.ok(Number.isFinite(value), `${name}: ${what} is ${value}`)
    for (const { what, isSo, note } of checks) assert.ok(isSo, `${name}: ${what}: ${note}`)
  }
  for (const name of ['send', 'pace', 'numbers', 'receipts', 'import', 'launch', 'pages'])
    assert.ok((parts.find((part) => part.name === name)?.checks.length ?? 0) > 0, `${name} checked nothing`)
})

test('a part that nobody knows is refused by name', async () => {
  const { code, stderr } = await runNode([MAIN, '--smoke'], { BENCH_ONLY: 'sendd' })
  assert.equal(code, 1)
  assert.match(stderr, /BENCH_ONLY names no part: sendd/)
})

test('--help lists every part', async () => {
  const { stdout } = await runNode([MAIN, '--help'])
  for (const { name } of PARTS) assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
})
