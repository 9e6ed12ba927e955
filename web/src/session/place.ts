/** Where an address points: a workspace and the page within it. The workspace is in the address, so that a view is a link. */
export interface Place {
  readonly workspaceId: string | undefined
  /** Path within the workspace, with its leading slash. */
  readonly path: string
}

const WITHIN = /^\/w\/([^/]+)(\/.*)?$/

export function placeOf(pathname: string): Place {
  const found = WITHIN.exec(pathname)
  return found === null ? { workspaceId: undefined, path: pathname } : { workspaceId: found[1], path: found[2] ?? '/' }
}
export const baseOf = (workspaceId: string): string => `/w/${workspaceId}`

const LAST = 'fanfare.workspace'
/** The workspace an address without one means: the last one visited, else the first. */
export function usualWorkspace(ids: readonly string[]): string | undefined {
  const last = localStorage.getItem(LAST)
  return last !== null && ids.includes(last) ? last : ids[0]
}
export const rememberWorkspace = (id: string): void => localStorage.setItem(LAST, id)
