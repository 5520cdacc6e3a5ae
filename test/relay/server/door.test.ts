import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { createDoor, groupOf } from '../../../relay/server/door.ts';
import { defaultLimits } from '../../../relay/server/limits.ts';

suite('strangers are counted by', () => {
  const rows: readonly (readonly [string, string, string, boolean])[] = [
    ['their IPv4 address', '192.0.2.1', '192.0.2.2', false],
    ['the same address in IPv6 clothes', '192.0.2.1', '::ffff:192.0.2.1', true],
    ['their /64', '2001:db8:1:2:3::4', '2001:db8:1:2:ffff::', true],
    ['their /64, however it is written', '2001:db8::5', '2001:db8:0:0:9::', true],
    ['not more than that', '2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['their link-local /64, whatever the interface', 'fe80::1%eth0', 'fe80::2%eth1', true],
  ];
  for (const [name, one, other, isSame] of rows) {
    test(name, () => assert.equal(groupOf(one) === groupOf(other), isSame));
  }
});

/** As much of a socket as the door looks at: many addresses cannot be had from one machine. */
function stranger(remoteAddress: string, remotePort: number): Socket {
  return Object.assign(new EventEmitter(), {
    remoteAddress,
    remotePort,
    destroy: () => undefined,
  }) as never;
}

test('a place is given back when its socket closes, once, and not again after it was let in', () => {
  const door = createDoor({
    ...defaultLimits,
    maxUnprovenSockets: 2,
    maxUnprovenSocketsPerAddress: 1,
  });
  const one = stranger('192.0.2.1', 1);
  assert.equal(door.enter(one), true);
  assert.equal(door.enter(stranger('192.0.2.1', 2)), false);
  assert.equal(door.enter(stranger('192.0.2.2', 1)), true);
  assert.equal(door.enter(stranger('192.0.2.3', 1)), false);

  door.admit(one);
  assert.equal(door.count(), 1);
  assert.equal(door.enter(stranger('192.0.2.1', 1)), true);
  // The old socket's end must not free the place of the new one at the same address and port.
  one.emit('close');
  assert.equal(door.count(), 2);
  door.admit({ remoteAddress: '192.0.2.2', remotePort: 1 });
  door.admit({ remoteAddress: '192.0.2.1', remotePort: 1 });
  assert.equal(door.count(), 0);
});
