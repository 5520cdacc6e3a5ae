// News over Server-Sent Events, for a page that is open in a browser and for a demo that runs as
// another process: one event for every change that concerns the listener, none for the rest.
import type { Change, Instance } from './instance.ts';

/** `dataOf` gives an event's data, one line, or undefined when the change is not for this listener. */
export function changeStream(
  instance: Instance,
  dataOf: (change: Change) => string | undefined,
): Response {
  let stop = (): void => undefined;
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string): void => controller.enqueue(encoder.encode(text));
      stop = instance.onChange((change) => {
        const data = dataOf(change);
        if (data !== undefined) send(`data: ${data}\n\n`);
      });
      // Whoever reads this line is being listened to: no change after it is missed.
      send(': ready\nretry: 1000\n\n');
    },
    cancel: () => stop(),
  });
  const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };
  return new Response(stream, { headers });
}
