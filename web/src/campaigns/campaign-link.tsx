import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'

/** A campaign's name, leading to its page. */
export function CampaignLink({ campaign }: { readonly campaign: { readonly id: string; readonly name: string } }) {
  return (
    <Anchor
      size="sm"
      fw={600}
      c="var(--mantine-color-text)"
      className="typed"
      lineClamp={1}
      renderRoot={(props) => <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.id }} {...props} />}
    >
      {campaign.name}
    </Anchor>
  )
}
