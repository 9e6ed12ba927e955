import { Center, Loader } from '@mantine/core'

/** While the very first answers are on their way. */
export const Splash = () => (
  <Center mih="100dvh">
    <Loader type="dots" />
  </Center>
)
