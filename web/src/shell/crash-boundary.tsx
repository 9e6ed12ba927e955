import { Component, type ReactNode } from 'react'
import { FailureState } from '../parts/states.tsx'

/** The last net: a fault outside every page still leaves something to read and a way on. */
export class CrashBoundary extends Component<{ readonly children: ReactNode }, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return <FailureState error={this.state.error} onRetry={() => location.reload()} isPage />
  }
}
