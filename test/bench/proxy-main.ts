// A plain TCP proxy, the peer of a bench: node proxy-main.ts HOST PORT. Prints the port it listens on.
import { connect, createServer, type AddressInfo } from 'node:net';

const [host = '', port = ''] = process.argv.slice(2);
const server = createServer((client) => {
  const service = connect(Number(port), host);
  client.on('error', () => service.destroy()).pipe(service);
  service.on('error', () => client.destroy()).pipe(client);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
