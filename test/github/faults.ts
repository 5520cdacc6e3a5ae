// Faults that can be switched on: one table, asked at fixed points of a call or of a delivery.
// A fault names what it strikes and how often; when its count is used up it is gone.
// A new kind needs a line in the schema and the one place that acts on it.
import { z } from 'zod';

const times = z.int().min(1).max(1000).default(1);

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('502-after-write'),
    /** As GitHub's description writes it: `POST /repos/{owner}/{repo}/issues/{issue_number}/comments`. */
    route: z.string().regex(/^(POST|PUT|PATCH|DELETE) \//),
    times,
  }),
  z.strictObject({
    kind: z.enum(['duplicate-delivery', 'lost-delivery']),
    /** `issue_comment`, or with its action `issue_comment.created`. */
    event: z.string().regex(/^[a-z_]+(\.[a-z_]+)?$/),
    times,
  }),
]);

/** `times` may be left out and is 1 then. */
export type Fault = z.input<typeof faultSchema>;
type RouteFaultKind = Extract<Fault, { route: string }>['kind'];
type DeliveryFaultKind = Extract<Fault, { event: string }>['kind'];

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** What is still waiting to strike. */
  list(): readonly Fault[];
  strikesRoute(kind: RouteFaultKind, route: string): boolean;
  strikesDelivery(kind: DeliveryFaultKind, event: string, action: string | null): boolean;
}

export function createFaults(): Faults {
  const armed: z.output<typeof faultSchema>[] = [];

  function strike(matches: (fault: Fault) => boolean): boolean {
    const index = armed.findIndex(matches);
    const fault = armed[index];
    if (!fault) return false;
    fault.times -= 1;
    if (fault.times === 0) armed.splice(index, 1);
    return true;
  }

  return {
    add: (fault) => void armed.push(faultSchema.parse(fault)),
    clear: () => void armed.splice(0),
    list: () => structuredClone(armed),
    strikesRoute: (kind, route) => strike((one) => one.kind === kind && one.route === route),
    strikesDelivery: (kind, event, action) =>
      strike(
        (one) => one.kind === kind && (one.event === event || one.event === `${event}.${action}`),
      ),
  };
}
