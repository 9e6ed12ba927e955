import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { HOLD_REASONS } from '../dispatch/holds.ts'

const ROOT = join(import.meta.dirname, '../../..')
const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8')
const part = (title: string): string => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
/** Names in backticks in the first column of a part's table. */
const listed = (title: string): string[] =>
  [...part(title).matchAll(/^\| (`[^|]+) \|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
    .sort()

test('the runbook says of every hold reason what it means and what to do, and of no other', () => {
  const parts = [...part('Holds').matchAll(/^### `(\w+)`\n(.+)/gm)]
  assert.deepEqual(parts.map(([, reason]) => reason).sort(), [...HOLD_REASONS].sort())
})

test('the runbook lists every code that doctor may tell', () => {
  const codes = new Set<string>()
  for (const file of readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'))) {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8')
    for (const [, code = ''] of source.matchAll(/(?:ok|warning|fault|judgeOffset|judgeJob|\))\(\s*'([a-z]+(?:\.[a-z_]+)?)'/g))
      codes.add(code)
    for (const [, code = ''] of source.matchAll(/const code = '([a-z._]+)'/g)) codes.add(code)
  }
  codes.add('hold.<reason>')
  assert.deepEqual(listed('Doctor'), [...codes].sort())
})

test('the runbook has a first look for every alert', () => {
  const alerts = [...readFileSync(join(ROOT, 'deploy/prometheus/alerts.yml'), 'utf8').matchAll(/^ +- alert: (\w+)$/gm)].map(
    ([, name = '']) => name,
  )
  assert.deepEqual(listed('Alarms'), alerts.sort())
})
