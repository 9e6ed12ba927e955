import { Checkbox, Fieldset, Group, Stack } from '@mantine/core'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'

/** Permissions by their noun, in the order given. */
export function byNoun(permissions: readonly string[]): readonly { readonly noun: string; readonly verbs: readonly string[] }[] {
  const nouns = new Map<string, string[]>()
  for (const permission of permissions) {
    const [noun = '', verb = ''] = permission.split(':')
    nouns.set(noun, [...(nouns.get(noun) ?? []), verb])
  }
  return [...nouns].map(([noun, verbs]) => ({ noun, verbs }))
}

/** Check boxes of a `Checkbox.Group`, nouns and their verbs; only what this person holds can be given on. */
export function PermissionMatrix() {
  const { named } = useStrings()
  const { workspace } = useSession()
  return (
    <Stack gap="xs" mt="xs">
      {byNoun(workspace.permissions).map(({ noun, verbs }) => (
        <Fieldset key={noun} legend={named('noun', noun)} p="sm">
          <Group gap="md">
            {verbs.map((verb) => (
              <Checkbox key={verb} value={`${noun}:${verb}`} label={named('verb', verb)} />
            ))}
          </Group>
        </Fieldset>
      ))}
    </Stack>
  )
}
