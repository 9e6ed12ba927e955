import { notifications } from '@mantine/notifications'
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useStrings } from '../strings/language.tsx'
import { newIdempotencyKey } from './client.ts'
import { ApiProblem } from './problem.ts'
import { problemText } from './problem-text.ts'

interface Act<Input, Output> {
  /** The call; send `key` as Idempotency-Key so that repeating it is safe. */
  readonly run: (input: Input, key: string) => Promise<Output>
  /** What to say when it worked; nothing, when the page shows it. What it changed is asked for again after that: leave a page whose object is gone first. */
  readonly done?: (output: Output, input: Input) => string | undefined | Promise<string>
  /** Queries whose answers it changes. */
  readonly changes: readonly QueryKey[]
  /** Handles a refusal itself, for instance by putting it onto fields; without it, a refusal is shown as a toast. */
  readonly onProblem?: (problem: ApiProblem) => void
}

/**
 * One act of a person: a write with its toast and its refreshed lists. While one is under way another click does nothing, and the key
 * of the same input stays until the server has answered, so that trying again after a lost answer cannot make it happen twice.
 */
export function useAct<Input = void, Output = unknown>({ run, done, changes, onProblem }: Act<Input, Output>) {
  const strings = useStrings()
  const queries = useQueryClient()
  const closeButtonProps = { 'aria-label': strings.t('action.close') }
  const unanswered = useRef<{ readonly input: string; readonly key: string }>(undefined)
  const underWay = useRef(false)
  const mutation = useMutation({
    mutationFn: (input: Input) => {
      const text = JSON.stringify(input) ?? ''
      if (unanswered.current?.input !== text) unanswered.current = { input: text, key: newIdempotencyKey() }
      return run(input, unanswered.current.key)
    },
    async onSuccess(output, input) {
      unanswered.current = undefined
      const message = await done?.(output, input)
      if (message !== undefined) notifications.show({ message, color: 'brand', closeButtonProps })
    },
    onError(error) {
      const problem = error instanceof ApiProblem ? error : undefined
      if (problem !== undefined && problem.status > 0 && problem.status < 500) unanswered.current = undefined
      if (problem !== undefined && onProblem !== undefined) onProblem(problem)
      else notifications.show({ ...problemText(error, strings), color: 'red', autoClose: 10_000, closeButtonProps })
    },
    async onSettled() {
      underWay.current = false
      await Promise.all(changes.map((queryKey) => queries.invalidateQueries({ queryKey })))
    },
  })
  return {
    isPending: mutation.isPending,
    act(input: Input) {
      if (underWay.current) return
      underWay.current = true
      mutation.mutate(input)
    },
  }
}
