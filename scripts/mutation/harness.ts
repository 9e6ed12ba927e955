/** Stands in for `node:test` while mutants are tried: collects tests, so that they can run in turn and stop at the first failure. */
export interface Registered {
  readonly name: string
  readonly body: (context: unknown) => unknown
}
export const registered: Registered[] = []

export function test(name: string, ...rest: readonly unknown[]): void {
  const body = rest.at(-1)
  if (typeof body === 'function') registered.push({ name, body: body as Registered['body'] })
}
export default test
