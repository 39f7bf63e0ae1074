import { connect, type Socket } from 'node:net';
import type { HttpAnswer } from '../../../lambdas/runtime/aws/http-answer';
import { type HttpTransport } from '../../../lambdas/runtime/aws/http-connections';
import { serveRounds } from '../../harness/measured-process';
import { aggregatedEvents, CONTEXT, type LedgerSideArgument, newPayments } from '../payments';
import { InstantTransport } from './instant-transport';
import { kitWorker } from './kit-worker';

/**
 * The floor under the worker: the bytes of its requests are made before, and all that is left is to write them to as many sockets as it uses, to read
 * the answers and to parse their JSON.
 */

const { endpoint, eventSize, table } = JSON.parse(process.argv[2]) as LedgerSideArgument;
const { hostname, port } = new URL(endpoint as string);
/** Calls under way at once, as the ledger of the kit has them. */
const CALLS_AT_ONCE = 8;

/** Keeps what the worker would send. */
class RecordingTransport implements HttpTransport {
  public requests: Uint8Array[] = [];
  private readonly instant = new InstantTransport();

  public exchange(request: Uint8Array): Promise<HttpAnswer> {
    this.requests.push(request);
    return this.instant.exchange(request);
  }

  public close(): void {
    this.requests = [];
  }
}

const transport = new RecordingTransport();
const handler = kitWorker(table, endpoint, transport);
const sockets: Socket[] = [];

async function requestsOf(items: number): Promise<Uint8Array[]> {
  transport.close();
  for (const event of aggregatedEvents(newPayments(items), eventSize)) {
    await handler(event, CONTEXT);
  }
  return transport.requests;
}

function exchange(socket: Socket, request: Uint8Array): Promise<unknown> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1]);
      if (head >= 0 && text.length >= head + 4 + length) {
        socket.removeAllListeners('data');
        resolve(JSON.parse(text.slice(head + 4)));
      }
    });
    socket.write(request);
  });
}

serveRounds((items) => requestsOf(items), async (requests) => {
  const left = [...await requests];
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, async (_, lane) => {
    sockets[lane] ??= connect({ host: hostname, port: Number(port), noDelay: true });
    for (let request = left.shift(); request !== undefined; request = left.shift()) {
      const { Responses: responses } = await exchange(sockets[lane], request) as { Responses?: { Error?: object }[] };
      if (responses?.some(({ Error: error }) => error !== undefined) ?? true) {
        throw new Error('payments were not stored');
      }
    }
  }));
});
