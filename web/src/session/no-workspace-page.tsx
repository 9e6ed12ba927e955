import { Anchor, Button, Stack, Text } from '@mantine/core'
import { useStrings } from '../strings/language.tsx'
import type { Me } from './me.ts'
import { OutsidePage } from './outside-page.tsx'
import { baseOf } from './place.ts'
import { signOut } from './sign-out.ts'

/** An address of a workspace that is not this person's, or a person without any. */
export default function NoWorkspacePage({ me }: { readonly me: Me }) {
  const { t } = useStrings()
  return (
    <OutsidePage title={t('workspace.none')}>
      <Stack gap="sm" align="flex-start">
        <Text>{t(me.workspaces.length === 0 ? 'workspace.noneYet' : 'workspace.notYours', { email: me.user.email })}</Text>
        {me.workspaces.map((workspace) => (
          <Anchor key={workspace.id} href={baseOf(workspace.id)} className="typed">
            {workspace.name}
          </Anchor>
        ))}
        <Button variant="default" onClick={() => void signOut()}>
          {t('account.signOut')}
        </Button>
      </Stack>
    </OutsidePage>
  )
}
