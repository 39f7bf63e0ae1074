import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from '../../../local/load/api-client';

const CONNECTIONS = 32;
const REQUESTS = 100;

let server: http.Server;
let client: ApiClient;
let connections: number;
/** Answers the requests that came so far. */
let waiting: (() => void)[];
let arrived: () => void;

/** Waits until so many requests wait for an answer. */
const untilWaiting = (count: number): Promise<void> => new Promise((resolve) => {
  arrived = () => (waiting.length === count ? resolve() : undefined);
  arrived();
});

beforeEach(async () => {
  connections = 0;
  waiting = [];
  arrived = () => undefined;
  server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      waiting.push(() => response.end(request.url));
      arrived();
    });
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new ApiClient({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, undefined);
});

afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('ApiClient', () => {
  it('keeps to a number of connections, whatever waits, and sends everything', async () => {
    const answers = Array.from({ length: REQUESTS }, (_, index) => client.post(`/${index}`, '{}'));
    for (let left = REQUESTS; left > 0; left -= CONNECTIONS) {
      await untilWaiting(Math.min(left, CONNECTIONS));
      waiting.splice(0).forEach((answer) => answer());
    }
    expect((await Promise.all(answers)).map(({ status, body }) => [status, body])).toEqual(answers.map((_, index) => [200, `/${index}`]));
    expect(connections).toBe(CONNECTIONS);
  });

  it('says that no answer came where the connection ends before it', async () => {
    const answer = client.post('/payments', '{}');
    await untilWaiting(1);
    server.closeAllConnections();
    expect(await answer).toEqual({ status: 0, body: '' });
  });
});
