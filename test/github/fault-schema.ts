// The faults that can be switched on, as a test or another process writes them down: what each strikes, when
// and how often. What they do when they strike is faults.ts.
import { z } from 'zod';
import { happensHere } from './events.ts';

const times = z.int().min(1).max(1000).default(1);
/** How many that it would strike are let through before. */
const skip = z.int().min(0).max(1000).optional();
/** As GitHub's description writes it: `POST /repos/{owner}/{repo}/issues/{issue_number}/comments`. */
const route = z.string().regex(/^(GET|POST|PUT|PATCH|DELETE) \//);
/** Only calls by this login are struck, so that what people do meanwhile is not. */
const actor = z.string().optional();
/** `before`: nothing has happened, `after`: the call has done its work and only its answer is lost. */
const when = z.enum(['before', 'after']);

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answer'),
    /** Every route of the API when left out. */
    route: route.optional(),
    actor,
    when: when.default('before'),
    /** 404 is what one of its machines says that does not know yet. */
    status: z.literal([403, 404, 429, 500, 502, 503]),
    retryAfterSeconds: z.int().min(0).max(86_400).optional(),
    /** `html` is the page of a proxy, `secondary` GitHub's words for a secondary rate limit. */
    body: z.enum(['json', 'html', 'secondary']).default('json'),
    skip,
    times,
  }),
  /** The `answer` that costs a careless caller a second comment. */
  z.strictObject({ kind: z.literal('502-after-write'), route: route.regex(/^(?!GET)/), times }),
  /** An answer is kept back until `release()`. */
  z.strictObject({
    kind: z.literal('held'),
    route,
    actor,
    when: when.default('after'),
    skip,
    times,
  }),
  /** The next comment (of this author) is missing from the next `times` answers that would show it. */
  z.strictObject({ kind: z.literal('not-yet-visible'), author: z.string().optional(), times }),
  z.strictObject({
    /**
     * `lost`: never arrives and is listed as failed; `unrecorded`: never arrives and is not even listed;
     * `duplicate`: sent again after the first was answered; `held`: sent on `release()`.
     */
    kind: z.enum(['lost-delivery', 'unrecorded-delivery', 'duplicate-delivery', 'held-delivery']),
    /** `issue_comment`, or with its action `issue_comment.created`. */
    event: z.string().refine(happensHere, 'No such event happens here'),
    skip,
    times,
  }),
]);

/** `times` may be left out and is 1 then. */
export type Fault = z.input<typeof faultSchema>;
export type CheckedFault = z.output<typeof faultSchema>;
export type DeliveryFaultKind = Extract<CheckedFault, { event: string }>['kind'];
