// A free port for a program whose address others must know before it starts.
// Whatever can listen on port 0 and say where it is does that instead.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

// Below the range the kernel takes its own choices from (32768 and up): in the time between closing
// here and listening there, no outgoing connection of another test can be given the same port.
const lowest = 16_000;
const beyond = 32_000;

/** A port on 127.0.0.1 that nobody listens on; it is not held, so listen on it soon. */
export async function reservePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, beyond);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
        return false;
      },
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
