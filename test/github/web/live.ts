// News for a page that is open in a browser: one Server-Sent Event for every change it shows.
// The event carries nothing; the page fetches itself again.
import type { Change, Instance } from '../instance.ts';

export function liveStream(instance: Instance, concerns: (change: Change) => boolean): Response {
  let stop = (): void => undefined;
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string): void => controller.enqueue(encoder.encode(text));
      // The first bytes tell the browser that the stream is open.
      send('retry: 1000\n\n');
      stop = instance.onChange((change) => {
        if (concerns(change)) send('event: change\ndata: now\n\n');
      });
    },
    cancel: () => stop(),
  });
  const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };
  return new Response(stream, { headers });
}
