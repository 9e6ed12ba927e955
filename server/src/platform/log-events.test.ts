import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..')
/** What hands an event on under a name it was given: its callers are read instead. */
const HANDED_ON = 'dispatch/number.ts: message'

interface Logged {
  readonly level: string
  readonly name: string
}

/** The arguments of a call, from behind its opening bracket: strings, templates and nested brackets are stepped over. */
function argumentsOf(source: string, from: number): string[] {
  const found: string[] = []
  let depth = 0
  let begun = from
  for (let i = from; i < source.length; i++) {
    const at = source[i] ?? ''
    if (at === "'" || at === '`') {
      const quote = at
      for (i++; source[i] !== quote; i++) if (source[i] === '\\') i++
    } else if ('([{'.includes(at)) depth++
    else if (')]}'.includes(at)) {
      if (depth-- > 0) continue
      found.push(source.slice(begun, i))
      return found.map((text) => text.trim()).filter((text) => text !== '')
    } else if (at === ',' && depth === 0) {
      found.push(source.slice(begun, i))
      begun = i + 1
    }
  }
  throw new Error('a call without its end')
}

/** Every event that the server's sources log, and names that are no constants. */
function logged(): { events: Logged[]; nameless: string[] } {
  const events: Logged[] = []
  const nameless: string[] = []
  const files = readdirSync(ROOT, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|(^|\/)test-/.test(file))
  for (const file of files) {
    const source = readFileSync(join(ROOT, file), 'utf8')
    for (const call of source.matchAll(/\b(?:log(?:ger)?\??\.(trace|debug|info|warn|error|fatal)|ports\.log)\(/g)) {
      const given = argumentsOf(source, call.index + call[0].length)
      const name = call[1] === undefined ? given[0] : given.at(-1)
      const constant = /^'([^']+)'$/.exec(name ?? '')?.[1]
      if (constant === undefined) nameless.push(`${file.replaceAll('\\', '/')}: ${name}`)
      else events.push({ level: call[1] ?? 'warn', name: constant })
    }
  }
  return { events, nameless }
}

test('every log line has a constant name, and docs/log-events.md lists each with its level, and no other', () => {
  const { events, nameless } = logged()
  assert.deepEqual(nameless, [HANDED_ON])
  assert.ok(events.length >= 40, `${events.length} events`)
  const page = readFileSync(join(ROOT, '../../docs/log-events.md'), 'utf8')
  const listed = [...page.matchAll(/^\| `([^`]+)` \| (\w+) \|/gm)].map(([, name = '', level = '']) => `${level} ${name}`)
  assert.deepEqual(listed, [...new Set(listed)], 'listed once')
  assert.deepEqual([...listed].sort(), [...new Set(events.map(({ name, level }) => `${level} ${name}`))].sort())
})
