import { identity } from './auth.ts'

/** Ends the session and leaves the page with everything it knew. */
export async function signOut(): Promise<void> {
  await identity('POST', 'sign-out')
  location.replace('/')
}
