// The webhook events that happen here, with their actions: what may be sent, and what a fault may name.
// GitHub has many more; one that is not in this table cannot be sent by mistake or struck in vain.

export const events = {
  check_run: ['created', 'completed', 'rerequested'],
  check_suite: ['rerequested'],
  discussion: ['created'],
  installation: ['created', 'deleted', 'suspend', 'unsuspend', 'new_permissions_accepted'],
  installation_repositories: ['added', 'removed'],
  issue_comment: ['created', 'edited', 'deleted'],
  issues: [
    'opened',
    'edited',
    'closed',
    'reopened',
    'labeled',
    'unlabeled',
    'locked',
    'unlocked',
    'transferred',
    'deleted',
  ],
  label: ['created'],
  member: ['added', 'removed'],
  membership: ['added', 'removed'],
  organization: ['member_added', 'member_removed', 'renamed'],
  pull_request: ['opened', 'synchronize', 'edited'],
  push: [],
  repository: [
    'created',
    'archived',
    'unarchived',
    'publicized',
    'privatized',
    'renamed',
    'transferred',
  ],
  team: ['created', 'edited', 'deleted'],
} as const;

export type EventName = keyof typeof events;
export type ActionOf<E extends EventName> = (typeof events)[E][number];

/** An event with one of its actions; `push` has none. */
export type EventAction = {
  [E in EventName]: {
    readonly event: E;
    readonly action: [ActionOf<E>] extends [never] ? null : ActionOf<E>;
  };
}[EventName];

/** Whether `issues` or `issues.opened` is something that happens here. */
export function happensHere(text: string): boolean {
  const [event = '', action] = text.split('.');
  if (!Object.hasOwn(events, event)) return false;
  const actions: readonly string[] = events[event as EventName];
  return action === undefined || actions.includes(action);
}
