// `/_local/…`: how a test or the demo steers a local GitHub that runs as its own process.
// Everything here asks for the seed's control token; GitHub itself has nothing like it.
import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { z } from 'zod';
import { faultSchema } from './faults.ts';
import type { Instance } from './instance.ts';

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
    instance.faults.add(fault.data);
    return context.json(instance.faults.list(), 201);
  });
  router.delete('/faults', (context) => {
    instance.faults.clear();
    return context.body(null, 204);
  });
  router.get('/unhandled', (context) => context.json(instance.unhandled));
  return router;
}

function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
