import { type Cause, isAllowed } from './moves.ts'
import type { StateName } from './state.ts'

/**
 * A model of sending small enough to explore whole: recipients of one campaign, two workers, a provider, bounded crashes, stalls, lost
 * and late answers, repeated receipts, an opt-out and a cancel. Used by model.test.ts only; every move it makes must stand in MOVES.
 */
export type Variant =
  | 'rescuer puts Sending back to Pending'
  | 'timeout counts as not sent'
  | '5xx counts as not sent'
  | 'checkpoint before send counts as sent'
  | 'no echoed address'
  | 'opt-out checked outside the intent transaction'
  | 'cursor advanced past W'

export interface Bounds {
  readonly recipients: number
  readonly attempts: number
  readonly crashes: number
  /** W */
  readonly window: number
}

type AnswerKind = 'accepted' | 'refused' | 'timeout' | '5xx' | 'unwritten'
/** What a worker has in memory about one attempt: intended and not written, on the wire, or an answer not recorded yet. */
interface Memory {
  readonly r: number
  readonly attempt: number
  readonly stage: 'checked' | 'intended' | AnswerKind
}
interface Recipient {
  readonly state: StateName
  readonly attempt: number
  /** Messages Meta accepted. */
  readonly accepted: number
  /** Receipts still to come: each may come twice. */
  readonly receipts: number
  readonly knowsWamid: boolean
}
interface World {
  readonly people: readonly Recipient[]
  readonly memory: readonly (readonly Memory[])[]
  readonly owner: number
  readonly crashes: number
  readonly isCancelled: boolean
  readonly isOptedOut: boolean
}
export interface Verdict {
  readonly states: number
  /** The promise that broke first and the steps to it; undefined: none can break within the bounds. */
  readonly violation: { readonly promise: string; readonly trace: readonly string[] } | undefined
}

class Broken extends Error {}

/** Explores every order of events within the bounds, breadth first, so that a violation comes with a shortest trace. */
export function explore(bounds: Bounds, variant?: Variant): Verdict {
  const start: World = {
    people: Array.from(
      { length: bounds.recipients },
      () => ({ state: 'pending', attempt: 0, accepted: 0, receipts: 0, knowsWamid: false }) as const,
    ),
    memory: [[], []],
    owner: 0,
    crashes: 0,
    isCancelled: false,
    isOptedOut: false,
  }
  const seen = new Map<string, { readonly from: string | undefined; readonly step: string }>([
    [JSON.stringify(start), { from: undefined, step: 'start' }],
  ])
  let frontier = [start]
  while (frontier.length > 0) {
    const next: World[] = []
    for (const world of frontier) {
      const key = JSON.stringify(world)
      try {
        const steps = stepsOf(world, bounds, variant)
        check(world, steps.length === 0, bounds)
        for (const [step, after] of steps) {
          const afterKey = JSON.stringify(after)
          if (seen.has(afterKey)) continue
          seen.set(afterKey, { from: key, step })
          next.push(after)
        }
      } catch (error) {
        if (!(error instanceof Broken)) throw error
        const trace: string[] = []
        for (let at: string | undefined = key; at !== undefined; at = seen.get(at)?.from) trace.unshift(seen.get(at)?.step ?? '')
        return { states: seen.size, violation: { promise: error.message, trace } }
      }
    }
    frontier = next
  }
  return { states: seen.size, violation: undefined }
}

/** What must hold in every state, and what must hold when nothing can happen any more. */
function check(world: World, isAtRest: boolean, bounds: Bounds): void {
  const open = world.people.filter(({ state }) => state === 'sending').length
  if (open > bounds.window) throw new Broken('4: more intents without a result than W')
  for (const person of world.people) {
    if (person.accepted > 1) throw new Broken('1: accepted twice')
    const isShownSent = person.state === 'sent' || person.state === 'delivered'
    if (isShownSent && person.accepted === 0) throw new Broken('3: shown as sent, never accepted')
    if (isAtRest && person.accepted > 0 && !isShownSent) throw new Broken('3: accepted and every receipt told, not shown as sent')
    if (isAtRest && person.state === 'sending') throw new Broken('2: left in flight for ever')
  }
}

function stepsOf(world: World, bounds: Bounds, variant: Variant | undefined): [string, World][] {
  const steps: [string, World][] = []
  const person = (r: number) => world.people[r] as Recipient
  const withPerson = (r: number, change: Partial<Recipient>, base: World = world): World => ({
    ...base,
    people: base.people.map((known, i) => (i === r ? { ...known, ...change } : known)),
  })
  const move = (r: number, to: StateName, by: Cause): StateName => {
    if (variant === undefined && !isAllowed(person(r).state, to, by))
      throw new Broken(`${person(r).state} → ${to} by ${by} is no allowed move`)
    return to
  }
  const remember = (w: number, memory: readonly Memory[], base: World): World => ({
    ...base,
    memory: base.memory.map((known, i) => (i === w ? memory : known)),
  })
  const retryState = world.isCancelled ? 'cancelled' : 'pending'

  for (const w of [0, 1]) {
    const mine = world.memory[w] as readonly Memory[]
    const owns = world.owner === w
    world.people.forEach(({ state, attempt }, r) => {
      const open = world.people.filter((known) => known.state === 'sending').length
      const hasRoom = variant === 'cursor advanced past W' || open < bounds.window
      if (!owns || state !== 'pending' || attempt >= bounds.attempts || !hasRoom || world.isCancelled) return
      const intended = (base: World) =>
        withPerson(
          r,
          { state: move(r, variant === 'checkpoint before send counts as sent' ? 'sent' : 'sending', 'intent'), attempt: attempt + 1 },
          base,
        )
      if (variant === 'opt-out checked outside the intent transaction') {
        if (!world.isOptedOut && !mine.some((known) => known.r === r))
          steps.push([`${w} checks ${r}`, remember(w, [...mine, { r, attempt: attempt + 1, stage: 'checked' }], world)])
        if (mine.some((known) => known.r === r && known.stage === 'checked')) {
          if (world.isOptedOut) throw new Broken('7: a message starts after an acknowledged opt-out')
          steps.push([
            `${w} intends ${r}`,
            intended(remember(w, [...mine.filter((known) => known.r !== r), { r, attempt: attempt + 1, stage: 'intended' }], world)),
          ])
        }
      } else if (world.isOptedOut) steps.push([`${w} skips ${r}`, withPerson(r, { state: move(r, 'skipped', 'intent') })])
      else steps.push([`${w} intends ${r}`, intended(remember(w, [...mine, { r, attempt: attempt + 1, stage: 'intended' }], world))])
    })
    mine.forEach((memory, i) => {
      const { r, attempt, stage } = memory
      const known = person(r)
      const becomes = (next: AnswerKind, base: World) =>
        remember(
          w,
          mine.map((other, at) => (at === i ? { ...memory, stage: next } : other)),
          base,
        )
      const done = remember(
        w,
        mine.filter((_, at) => at !== i),
        world,
      )
      const isLatest = known.attempt === attempt && (known.state === 'sending' || known.state === 'unknown')
      if (stage === 'checked') return
      if (stage === 'intended') {
        steps.push([`${w} proves that nothing of ${r} was written`, becomes('unwritten', world)])
        if (!owns) return // an owner that lost its lock writes no further request
        const taken = { accepted: known.accepted + 1, receipts: 2 }
        steps.push([`Meta accepts ${r}`, becomes('accepted', withPerson(r, taken))])
        steps.push([`Meta refuses ${r}`, becomes('refused', world)])
        for (const lost of ['timeout', '5xx'] as const) {
          steps.push([`Meta accepts ${r}, its answer is a ${lost}`, becomes(lost, withPerson(r, taken))])
          steps.push([`Meta drops ${r}, its answer is a ${lost}`, becomes(lost, world)])
        }
        return
      }
      const isSurelyNot =
        stage === 'refused' ||
        stage === 'unwritten' ||
        (stage === 'timeout' && variant === 'timeout counts as not sent') ||
        (stage === '5xx' && variant === '5xx counts as not sent')
      const after: StateName | undefined =
        stage === 'accepted'
          ? known.state === 'delivered'
            ? 'delivered'
            : move(r, 'sent', 'answer')
          : !isLatest
            ? undefined
            : isSurelyNot
              ? move(
                  r,
                  attempt >= bounds.attempts && stage === 'refused' ? 'rejected' : retryState,
                  stage === 'unwritten' ? 'no-byte proof' : 'answer',
                )
              : move(r, 'unknown', 'answer')
      steps.push([
        `${w} records ${stage} of ${r}`,
        after === undefined ? done : withPerson(r, { state: after, knowsWamid: known.knowsWamid || stage === 'accepted' }, done),
      ])
    })
    if (world.crashes < bounds.crashes) {
      const crashed = { ...world, crashes: world.crashes + 1 }
      // the other worker is there to take over; a process started again is the same as one that never crashed and has forgotten
      steps.push([`${w} is killed`, remember(w, [], crashed)])
      if (owns) steps.push([`${w} stalls and loses its lock`, takeover({ ...crashed, owner: 1 - w }, variant, move)])
    }
    // whoever owns the number rescues what has nobody's memory behind it, or is too old
    if (owns) {
      const rescued = takeover(world, variant, move)
      if (rescued !== world) steps.push([`${w} rescues`, rescued])
    }
  }
  world.people.forEach((known, r) => {
    if (known.receipts === 0) return
    const isFound = variant !== 'no echoed address' || known.knowsWamid
    steps.push([
      `a receipt of ${r}`,
      withPerson(r, { receipts: known.receipts - 1, ...(isFound ? { state: move(r, 'delivered', 'receipt') } : {}) }),
    ])
  })
  if (!world.isOptedOut) steps.push(['opt-out', { ...world, isOptedOut: true }])
  if (!world.isCancelled)
    steps.push([
      'cancel',
      {
        ...world,
        isCancelled: true,
        people: world.people.map((known, r) => (known.state === 'pending' ? { ...known, state: move(r, 'cancelled', 'cancel') } : known)),
      },
    ])
  return steps
}

/** The rescuer: what is in flight becomes Unknown, whether its owner is dead or merely slow. */
function takeover(world: World, variant: Variant | undefined, move: (r: number, to: StateName, by: Cause) => StateName): World {
  if (!world.people.some(({ state }) => state === 'sending')) return world
  const to = variant === 'rescuer puts Sending back to Pending' ? 'pending' : 'unknown'
  return {
    ...world,
    people: world.people.map((known, r) => (known.state === 'sending' ? { ...known, state: move(r, to, 'rescuer') } : known)),
  }
}
