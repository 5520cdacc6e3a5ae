// Why a program cannot listen where its settings say, and what to do: in words, for the bot and the relay alike.

/** `setting` is where the address stands in the settings, such as `listen`. */
export function listenFault(
  error: unknown,
  { host, port, setting }: { host: string; port: number; setting: string },
): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  const next = nexts[code] ?? 'Choose another address or port';
  return `Cannot listen on ${host}:${port} (${code}). ${next}: ${setting}.host and ${setting}.port.`;
}

const nexts: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Something listens there already. Stop it, or choose another port',
  EACCES:
    'The system lets this user listen on no port below 1024. Choose another, with a proxy in front of it, or allow it (in a unit for systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)',
  EADDRNOTAVAIL: 'This machine has no such address. Choose one that it has',
  ENOTFOUND: 'There is no such name. Choose another',
};
