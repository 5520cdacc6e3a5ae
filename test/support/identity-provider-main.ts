// The identity provider as a process of its own:
//   node identity-provider-main.ts --port 0 --tls-cert FILE --tls-key FILE --people FILE
// The file of people is JSON in the shape of ProviderSettings. It prints one line of JSON with its
// issuer when it listens, and ends on SIGTERM or SIGINT.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startIdentityProvider, type ProviderSettings } from './identity-provider.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'tls-cert': { type: 'string', default: '' },
    'tls-key': { type: 'string', default: '' },
    people: { type: 'string', default: '' },
  },
});
const [cert, key, people] = await Promise.all(
  [values['tls-cert'], values['tls-key'], values.people].map((path) => readFile(path, 'utf8')),
);
const settings = JSON.parse(people ?? '') as ProviderSettings;
const provider = await startIdentityProvider({
  ...settings,
  tls: { cert: cert ?? '', key: key ?? '' },
  port: Number(values.port),
});
process.stdout.write(`${JSON.stringify({ ready: true, issuer: provider.issuer })}\n`);
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => void provider.close());
