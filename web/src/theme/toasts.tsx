import '@mantine/notifications/styles.css'
import { Notifications } from '@mantine/notifications'

/** Where toasts stand. What was said before it came is shown when it comes. */
export default function Toasts() {
  return <Notifications position="bottom-right" containerWidth={360} />
}
