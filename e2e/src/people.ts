/** Sample people for demo, journeys and bench: made by a small generator, the same for the same seed. */
const FIRST = [
  'Asha',
  'Rahul',
  'Priya',
  'João',
  'Lucía',
  'Omar',
  'Fatima',
  'Wei',
  'Sara',
  'Tomás',
  'Neha',
  'Arjun',
  'Leïla',
  'Kwame',
  'Mei',
  'Ivan',
]
const LAST = [
  'Rao',
  'Verma',
  'Nair',
  'Conceição',
  'García',
  'Haddad',
  'Zahra',
  'Chen',
  'Lindqvist',
  'Silva',
  'Gupta',
  'Menon',
  'Benali',
  'Mensah',
]
const CITIES = ['Bengaluru', 'Mumbai', 'São Paulo', 'Ciudad de México', 'Cairo', 'Berlin', 'Nairobi', 'Jakarta']
const TAGS = ['VIP', 'Returning', 'New', 'Newsletter']

/** mulberry32: a tiny deterministic generator of numbers in 0 … 1. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Person {
  readonly phone: string
  readonly firstName: string
  readonly lastName: string
  readonly city: string
  readonly tags: readonly string[]
}

/** The n-th sample person: an Indian mobile number counted up from +91 98765 00000, so that all differ. */
export function person(n: number, next: () => number): Person {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  return {
    phone: `+91${9_800_000_000 + n}`,
    firstName: pick(FIRST),
    lastName: pick(LAST),
    city: pick(CITIES),
    tags: [pick(TAGS), ...(next() < 0.3 ? [pick(TAGS)] : [])],
  }
}

/** A CSV file of `count` people with a header row. */
export function* peopleCsv(count: number, seed = 1, from = 0): Generator<string> {
  const next = random(seed)
  yield 'Phone,First name,Last name,City,Tags\n'
  for (let n = 0; n < count; n++) {
    const { phone, firstName, lastName, city, tags } = person(from + n, next)
    yield `${phone},${firstName},${lastName},${city},${tags.join(';')}\n`
  }
}
