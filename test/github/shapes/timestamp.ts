// Moments as GitHub writes them everywhere, in REST, GraphQL and webhooks: UTC, in whole seconds.
// The state keeps milliseconds; whoever compares what GitHub says must not count on them.

export function timestamp(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
