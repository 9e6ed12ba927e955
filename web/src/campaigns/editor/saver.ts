import { ApiProblem } from '../../api/problem.ts'
import type { CampaignInput } from './draft.ts'

/** One version of a stored campaign. */
export interface Stored<Item> {
  readonly item: Item
  /** Sent back as If-Match, so that nobody's change is overwritten unseen. */
  readonly etag: string | null
}
export type SaveState<Item> = {
  readonly stored: Stored<Item> | undefined
  /** `idle`: all is stored, or nothing can be yet; `waiting`: typed a moment ago. */
  readonly phase: 'idle' | 'waiting' | 'saving' | 'failed'
  /** Why it is not stored. */
  readonly problem: ApiProblem | undefined
  readonly savedAt: number | undefined
}
export interface Store<Item> {
  /** @param key Idempotency-Key: the same input with the same key is made once */
  create(input: CampaignInput, key: string): Promise<Stored<Item>>
  /** @param etag null overwrites whatever is there */
  update(stored: Stored<Item>, input: CampaignInput, etag: string | null): Promise<Stored<Item>>
}

const REST_MS = 600

/**
 * Keeps a draft stored while it is written: waits until the typing rests, saves one version at a time, the latest last, and makes the
 * campaign once. A failure stays until the next change or try; a change by somebody else (412) until the person decides.
 */
export class Saver<Item> {
  readonly #store: Store<Item>
  readonly #listeners = new Set<() => void>()
  #state: SaveState<Item>
  /** What is to be stored; undefined while it cannot be. */
  #wanted: CampaignInput | undefined
  #storedText: string | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #underWay: Promise<void> | undefined
  /** A creation whose answer was lost: it is asked for again as it was, so that no second campaign is made. */
  #unanswered: { readonly input: CampaignInput; readonly key: string } | undefined

  constructor(store: Store<Item>, stored?: Stored<Item>, input?: CampaignInput) {
    this.#store = store
    this.#state = { stored, phase: 'idle', problem: undefined, savedAt: undefined }
    this.#wanted = input
    this.#storedText = JSON.stringify(input)
  }

  get state(): SaveState<Item> {
    return this.#state
  }
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes the latest version. @param isLater saved when the typing rests; without it only by `flush` */
  want(input: CampaignInput | undefined, isLater = true): void {
    this.#wanted = input
    clearTimeout(this.#timer)
    const isSaving = this.#underWay !== undefined
    if (!this.#isOpen()) {
      if (!isSaving) this.#set({ phase: 'idle', problem: undefined })
      return
    }
    this.#set({ phase: isSaving ? 'saving' : 'waiting' })
    if (isLater) this.#timer = setTimeout(() => void this.flush().catch(() => {}), REST_MS)
  }

  /** Stores what is wanted, now; throws the refusal. */
  async flush(overwrite = false): Promise<Stored<Item> | undefined> {
    clearTimeout(this.#timer)
    while (this.#underWay !== undefined) await this.#underWay.catch(() => {})
    while (this.#isOpen()) {
      this.#underWay = this.#save(this.#wanted as CampaignInput, overwrite)
      await this.#underWay
    }
    return this.#state.stored
  }

  /** What is stored now becomes the starting point, such as the version of somebody else. */
  accept(stored: Stored<Item>, input: CampaignInput | undefined): void {
    clearTimeout(this.#timer)
    this.#wanted = input
    this.#storedText = JSON.stringify(input)
    this.#set({ stored, phase: 'idle', problem: undefined })
  }

  #isOpen = (): boolean => this.#wanted !== undefined && JSON.stringify(this.#wanted) !== this.#storedText

  async #save(input: CampaignInput, overwrite: boolean): Promise<void> {
    const { stored } = this.#state
    this.#set({ phase: 'saving', problem: undefined })
    try {
      if (stored === undefined) await this.#create(input)
      else this.#done(await this.#store.update(stored, input, overwrite ? null : stored.etag), input)
    } catch (error) {
      this.#set({ phase: 'failed', problem: error as ApiProblem })
      throw error
    } finally {
      this.#underWay = undefined
    }
  }

  async #create(input: CampaignInput): Promise<void> {
    this.#unanswered ??= { input, key: crypto.randomUUID() }
    const { input: first, key } = this.#unanswered
    try {
      this.#done(await this.#store.create(first, key), first)
      this.#unanswered = undefined
    } catch (error) {
      const isRefused = error instanceof ApiProblem && error.status > 0 && error.status < 500
      if (isRefused) this.#unanswered = undefined
      throw error
    }
  }

  #done(stored: Stored<Item>, input: CampaignInput): void {
    this.#storedText = JSON.stringify(input)
    this.#set({ stored, phase: this.#isOpen() ? 'saving' : 'idle', savedAt: Date.now() })
  }

  #set(changes: Partial<SaveState<Item>>): void {
    this.#state = { ...this.#state, ...changes }
    for (const listener of this.#listeners) listener()
  }
}
