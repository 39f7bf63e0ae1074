import * as http from 'node:http';
import { type AddressInfo } from 'node:net';

/** The floor of a batch: a server of Node.js that reads the body, parses it and answers a constant. */

const ANSWER = '{"status":"ok"}';

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { payments } = JSON.parse(Buffer.concat(chunks).toString()) as { payments: unknown[] };
    response.writeHead(payments.length > 0 ? 200 : 400, { 'content-type': 'application/json', 'content-length': ANSWER.length });
    response.end(ANSWER);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`));
