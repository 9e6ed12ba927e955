import { identity } from './auth.ts'

/** Ends the session and leaves the page with everything it knew. @param to where to begin again */
export async function signOut(to = '/'): Promise<void> {
  await identity('POST', 'sign-out')
  location.replace(to)
}
