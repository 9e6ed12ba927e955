import { Alert } from '@mantine/core'

/** What stands above a form when it was refused for reasons that belong to no field. */
export const Failures = ({ lines }: { readonly lines: readonly string[] }) =>
  lines.length === 0 ? null : (
    <Alert color="red" role="alert" p="sm">
      {lines.join(' ')}
    </Alert>
  )
