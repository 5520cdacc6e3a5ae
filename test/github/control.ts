// `/_local/…`: how a test or the demo steers a local GitHub that runs as its own process.
// Everything here asks for the seed's control token; GitHub itself has nothing like it.
import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { z } from 'zod';
import { changeStream } from './change-stream.ts';
import { faultSchema } from './fault-schema.ts';
import type { Change, Instance } from './instance.ts';
import { threadOf } from './threads.ts';

export function controlRoutes(instance: Instance, controlToken: () => string): Hono {
  const router = new Hono();
  router.use('*', async (context, next) => {
    const given = context.req.header('authorization') ?? '';
    if (!equal(given, `Bearer ${controlToken()}`)) {
      return context.json({ message: 'The control token of the seed is needed here' }, 401);
    }
    return next();
  });
  router.get('/faults', (context) => context.json(instance.faults.list()));
  router.post('/faults', async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    const fault = faultSchema.safeParse(body);
    if (!fault.success) return context.json({ message: z.prettifyError(fault.error) }, 422);
    try {
      instance.faults.arm(fault.data);
    } catch (error) {
      return context.json({ message: String(error) }, 422);
    }
    return context.json(instance.faults.list(), 201);
  });
  router.delete('/faults', (context) => {
    instance.faults.clear();
    return context.body(null, 204);
  });
  router.get('/threads/:owner/:repo/:number', (context) => {
    const { owner, repo, number } = context.req.param();
    const thread = threadOf(instance, `${owner}/${repo}`, Number(number));
    if (!thread.exists()) return context.json({ message: 'There is no such issue' }, 404);
    return context.json(thread.view());
  });
  router.get('/changes', () => changeStream(instance, (change) => JSON.stringify(told(change))));
  router.get('/unhandled', (context) => context.json(instance.unhandled));
  return router;
}

/** A change as another process may know it. */
function told({ what, repository, issue }: Change) {
  const name = repository && `${repository.owner.login}/${repository.name}`;
  return { what, repository: name, issue: issue?.number };
}

function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
