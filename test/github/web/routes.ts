// The web page: plain HTML made here, for people who want to watch.
import { Hono } from 'hono';
import type { Instance } from '../instance.ts';
import { avatar } from './avatar.ts';

export function webRoutes(instance: Instance): Hono {
  const router = new Hono();
  router.get('/avatars/u/:id', (context) => {
    const account = instance.state.accounts.get(Number(context.req.param('id')));
    if (!account) return context.text('Not Found', 404);
    return context.body(avatar(account), 200, {
      'Content-Type': 'image/svg+xml',
      'Cache-Control': 'max-age=3600',
    });
  });
  return router;
}
