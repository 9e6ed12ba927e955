import { type ComponentType, useEffect, useState } from 'react'

/**
 * A component that the first page can do without: asked for when it is wanted, and again with the next wish when it could not be had.
 * @param wish falsy: not yet; any other value asks once, and a new value once more while nothing came
 */
export function useLater<Props>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
  wish: number | boolean,
): ComponentType<Props> | undefined {
  const [component, setComponent] = useState<ComponentType<Props>>()
  const isHere = component !== undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` is written anew by each caller and always means the same
  useEffect(() => {
    if (wish === false || wish === 0 || isHere) return
    let isCurrent = true
    load().then(
      (module) => isCurrent && setComponent(() => module.default),
      () => undefined, // no connection: what it would show is not lost, and the next wish asks again
    )
    return () => {
      isCurrent = false
    }
  }, [wish, isHere])
  return component
}

/** True once the page has had time to show itself. */
export function useIsSettled(afterMs = 2_000): boolean {
  const [isSettled, setSettled] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), afterMs)
    return () => clearTimeout(timer)
  }, [afterMs])
  return isSettled
}
