import { Problem } from '../platform/problem.ts'
import { MetaError } from './client.ts'

/** Meta's refusal of something the caller asked for is the caller's to read. */
export async function metaCall<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MetaError)) throw error
    throw new Problem(error.httpStatus === null ? 'meta-unreachable' : 'meta-refused', error.details, {
      cause: error,
      ...(error.code === null ? {} : { extra: { metaCode: error.code } }),
    })
  }
}
