import * as http from 'node:http';
import { type AddressInfo } from 'node:net';

/** The floor: a server of Node.js that reads the whole body and answers a constant. */

const ANSWER = '{"status":"ok"}';

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.writeHead(chunks.length > 0 ? 202 : 400, { 'content-type': 'application/json', 'content-length': ANSWER.length });
    response.end(ANSWER);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`));
