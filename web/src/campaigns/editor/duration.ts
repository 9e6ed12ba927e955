/**
 * How long sending takes, in seconds: the API's estimate at the number's own pace, or longer where the campaign caps it. Where the 24-hour
 * limit lets only some go now, that of these.
 */
export function durationOf(estimatedSeconds: number, now: number, eligible: number, ratePerSecond: number | null): number {
  const share = eligible === 0 ? 0 : now / eligible
  const atNumberPace = Math.ceil(estimatedSeconds * share)
  return ratePerSecond === null ? atNumberPace : Math.max(atNumberPace, Math.ceil(now / ratePerSecond))
}
