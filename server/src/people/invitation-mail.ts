import { oneLine, openTransport } from '../notices/mailer.ts'
import type { Deps } from '../platform/http.ts'

/**
 * Writes to whoever is invited, when there is a mail server. At once and once: the link is a secret that is stored nowhere, so an e-mail that
 * could not be sent is not tried again; whoever invites has the link and can hand it over.
 */
export async function mailInvitation(
  { config, log }: Pick<Deps, 'config' | 'log'>,
  invitation: {
    readonly email: string
    readonly link: string
    readonly workspace: string
    readonly by: string
    readonly expiresAt: string
  },
): Promise<void> {
  if (config.SMTP_URL === undefined) return
  const { email, link, workspace, by, expiresAt } = invitation
  const transport = openTransport(config.SMTP_URL)
  try {
    await transport.sendMail({
      from: config.SMTP_FROM,
      to: email,
      subject: oneLine(`${by} invites you to ${workspace} on Fanfare`),
      text: `${oneLine(by)} invites you to the workspace “${oneLine(workspace)}”.\n\nOpen this link until ${expiresAt} to join:\n${link}\n\nIf you do not know why, leave it: nothing happens without you.`,
    })
  } catch (error) {
    log.warn({ code: (error as { code?: string }).code }, 'an invitation could not be mailed')
  } finally {
    transport.close()
  }
}
