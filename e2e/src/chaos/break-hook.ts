// Loaded before the product when it is to be broken on purpose: replaces one piece of one file as it is read. The files on disk stay whole.
import { registerHooks } from 'node:module'

const { file, find, replace } = JSON.parse(process.env.CHAOS_BREAK ?? '{}') as { file: string; find: string; replace: string }

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith(`/server/src/${file}`)) return loaded
    const source = String(
      loaded.source instanceof Uint8Array || loaded.source instanceof ArrayBuffer
        ? Buffer.from(loaded.source as Uint8Array)
        : loaded.source,
    )
    const [before, after, ...more] = source.split(find)
    if (before === undefined || after === undefined || more.length > 0)
      throw new Error(`"${find}" is not there exactly once in ${file}: the break must be written anew`)
    return { ...loaded, source: before + replace + after }
  },
})
