import { type Document, resolved, type Schema } from './document.ts'
import { NAUGHTY, NUMBERS } from './naughty.ts'
import type { Random } from './random.ts'

/** Ids that exist, so that requests get past "not found". */
export interface World {
  readonly document: Document
  readonly random: Random
  ids(): readonly string[]
}

const DEPTH_MAX = 6

/** A value that fits the schema as far as the schema says. */
export function fitting(world: World, schema: Schema, depth = 0): unknown {
  const { random, document } = world
  const own = resolved(document, schema)
  if (own.const !== undefined) return own.const
  if (own.enum !== undefined) return random.pick(own.enum)
  if (own.example !== undefined && random.chance(0.5)) return own.example
  const union = own.anyOf ?? own.oneOf
  if (union !== undefined) return fitting(world, random.pick(union), depth + 1)
  if (own.allOf !== undefined) return Object.assign({}, ...own.allOf.map((part) => fitting(world, part, depth + 1)))
  switch (random.pick([own.type ?? 'object'].flat())) {
    case 'string':
      return text(world, own)
    case 'integer':
      return Math.floor(number(random, own))
    case 'number':
      return number(random, own)
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    case 'array': {
      const least = own.minItems ?? 0
      const count = depth > DEPTH_MAX ? least : Math.min(own.maxItems ?? 5, least + random.below(4))
      return Array.from({ length: count }, () => (own.items === undefined ? 'x' : fitting(world, own.items, depth + 1)))
    }
    default:
      return object(world, own, depth)
  }
}

function object(world: World, own: Schema, depth: number): Record<string, unknown> {
  const { random } = world
  const value: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(own.properties ?? {}))
    if (own.required?.includes(name) || (depth <= DEPTH_MAX && random.chance(0.4))) value[name] = fitting(world, part, depth + 1)
  if (typeof own.additionalProperties === 'object')
    for (let i = random.below(3); i > 0; i--)
      value[random.pick(['a', 'city', 'body.1', 'button.0', ...NAUGHTY])] = fitting(world, own.additionalProperties, depth + 1)
  return value
}

function text({ random, ids }: World, own: Schema): string {
  if (own.format === 'date-time') return new Date(1_700_000_000_000 + random.below(200_000_000) * 1_000).toISOString()
  if (own.format === 'uuid') return random.pick(ids())
  const choices = [
    'Asha',
    'May Promo',
    '+919876500011',
    'VIP',
    'a@example.org',
    'createddate desc',
    '{{ contact.firstName }}',
    'https://example.com/x',
    ...ids(),
  ]
  return random
    .pick(choices)
    .slice(0, own.maxLength ?? 200)
    .padEnd(own.minLength ?? 0, 'x')
}

const number = (random: Random, { minimum, maximum, exclusiveMinimum }: Schema): number => {
  const low = minimum ?? exclusiveMinimum ?? 0
  const high = Math.min(maximum ?? low + 1_000, low + 1_000_000)
  return random.chance(0.2) ? random.pick([low, high]) : low + random.next() * (high - low)
}

/** Something that has no business where it is put: another type, a text or number that broke programs before, or a whole tree. */
function wrong(random: Random): unknown {
  return random.pick<() => unknown>([
    () => random.pick(NAUGHTY),
    () => random.pick(NAUGHTY),
    () => random.pick(NUMBERS),
    () => null,
    () => random.chance(0.5),
    () => [],
    () => ({}),
    () => [random.pick(NAUGHTY), random.pick(NUMBERS), null],
    () => ({ [random.pick(NAUGHTY)]: random.pick(NAUGHTY) }),
    () => Array.from({ length: 300 }, () => random.pick(NAUGHTY)),
    () => nested(random.below(80)),
    () => 'x'.repeat(random.pick([64, 65, 200, 201, 1_024, 1_025, 20_000])),
  ])()
}
const nested = (depth: number): unknown =>
  depth === 0 ? 'x' : depth % 2 === 0 ? [nested(depth - 1)] : { contactFilter: nested(depth - 1) }

/** Puts one to three faults anywhere into a value: exchanged, removed, added. */
export function faulty(random: Random, value: unknown): unknown {
  let result = structuredClone(value)
  for (let faults = 1 + random.below(3); faults > 0; faults--) result = oneFault(random, result)
  return result
}

function oneFault(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.05)) return wrong(random)
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1)
    if (at === value.length || random.chance(0.3)) return [...value, wrong(random)]
    return value.with(at, oneFault(random, value[at]))
  }
  const entries = Object.entries(value)
  if (entries.length === 0 || random.chance(0.15))
    return { ...value, [random.pick(['extra', 'id', 'workspaceId', ...NAUGHTY])]: wrong(random) }
  const [name, item] = random.pick(entries)
  if (random.chance(0.15)) return Object.fromEntries(entries.filter(([other]) => other !== name))
  return { ...value, [name]: oneFault(random, item) }
}
