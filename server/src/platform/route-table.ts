import type { z } from '@hono/zod-openapi'

/** One route as OpenAPI declares it. */
export interface TableRoute {
  readonly method: string
  /** With parameters in braces: `/api/v1/Contact/{id}`. */
  readonly path: string
  /** Names of its query parameters. */
  readonly query: readonly string[]
  readonly isMultipart: boolean
  /** Some body is declared. */
  readonly takesBody: boolean
}

interface Declared {
  readonly method: string
  readonly path: string
  readonly request?: { readonly query?: unknown; readonly body?: { readonly content?: Record<string, unknown> } }
}

export interface RouteTable {
  /** Routes whose path matches, fixed segments in any letter case. */
  match(path: string): TableRoute[]
  /** The path with its fixed segments in the letter case of the routes; parameters keep theirs. */
  canonical(path: string): string
}

const queryNames = (schema: unknown): string[] => {
  const shape = (schema as { shape?: Record<string, z.ZodType> } | undefined)?.shape
  return shape === undefined ? [] : Object.keys(shape)
}

/** Routes without an entry in OpenAPI: webhooks, tracked links, documents. Patterns of whole subtrees are left to their owners. */
function plainRoutes(
  served: readonly { readonly method: string; readonly path: string }[],
  declared: readonly { readonly path: string }[],
) {
  const known = new Set(declared.map(({ path }) => path.replaceAll(/\{\w+\}/g, '{}')))
  return served
    .filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
    .map(({ method, path }) => ({ method, path: path.replaceAll(/:(\w+)/g, '{$1}') }))
    .filter(({ path }) => !known.has(path.replaceAll(/\{\w+\}/g, '{}')))
    .map((route) => ({ ...route, query: [], isMultipart: false, takesBody: true, segments: route.path.split('/') }))
}

/**
 * Knows every route: for 405 with Allow, unknown query parameters, and paths in any letter case.
 * @param served everything the router answers, for what OpenAPI does not declare
 */
export function makeRouteTable(
  definitions: readonly { readonly type: string; readonly route?: unknown }[],
  served: readonly { readonly method: string; readonly path: string }[],
): RouteTable {
  const declared = definitions
    .filter((definition) => definition.type === 'route')
    .map((definition) => {
      const route = definition.route as Declared
      const content = Object.keys(route.request?.body?.content ?? {})
      return {
        method: route.method.toUpperCase(),
        path: route.path,
        query: queryNames(route.request?.query),
        isMultipart: content.includes('multipart/form-data'),
        takesBody: content.length > 0,
        segments: route.path.split('/'),
      }
    })
  const routes = [...declared, ...plainRoutes(served, declared)]
  const fits = (segments: readonly string[], path: readonly string[]) =>
    segments.length === path.length &&
    segments.every((segment, i) => (segment.startsWith('{') ? path[i] !== '' : segment.toLowerCase() === path[i]?.toLowerCase()))
  /** Fixed segments beat parameters, as in the router. */
  const best = (path: readonly string[]) => {
    const found = routes.filter(({ segments }) => fits(segments, path))
    const fewest = Math.min(...found.map(({ path: declared }) => declared.split('{').length))
    return found.filter(({ path: declared }) => declared.split('{').length === fewest)
  }
  return {
    match: (path) => best(path.split('/')),
    canonical(path) {
      const given = path.split('/')
      const route = best(given)[0]
      return route === undefined ? path : route.segments.map((segment, i) => (segment.startsWith('{') ? given[i] : segment)).join('/')
    },
  }
}
