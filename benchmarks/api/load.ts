import * as net from 'node:net';
import { newBatchBody, newBody } from './payments';

/**
 * The clients, in a process of their own: connections that are kept open, a request under way on each. They write requests and look for the end of
 * answers and no more, so that they load a server as much as one core can.
 */

/** One round of load. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly authorization: string;
  readonly connections: number;
  readonly requests: number;
  /** Payments of one request. @default - one, not as a batch */
  readonly batch?: number;
}

/** How it ended. */
export interface LoadResult {
  /** Why it failed. @default - it did not: every request was answered 2xx */
  readonly failure?: string;
  /** From the first request to the last answer. */
  readonly milliseconds: number;
}

const HEAD_END = '\r\n\r\n';

process.on('message', (order: LoadOrder) => {
  const requests = Array.from({ length: order.requests }, () => requestOf(order));
  const began = process.hrtime.bigint();
  const tell = (failure?: string): void => {
    process.send!({ failure, milliseconds: Number(process.hrtime.bigint() - began) / 1e6 } satisfies LoadResult);
  };
  run(order, requests).then(() => tell(), (error: Error) => tell(error.message));
});
process.on('disconnect', () => process.exit(0));

function requestOf({ path, authorization, batch }: LoadOrder): string {
  const body = batch === undefined ? newBody() : newBatchBody(batch);
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\n`
    + `content-length: ${Buffer.byteLength(body)}${HEAD_END}${body}`;
}

async function run({ port, connections }: LoadOrder, requests: readonly string[]): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: connections }, () => new Promise<void>((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const send = (): void => {
      if (next < requests.length) {
        socket.write(requests[next++]);
      } else {
        socket.end();
      }
    };
    let received = '';
    socket.setEncoding('latin1');
    socket.on('connect', send);
    socket.on('data', (chunk: string) => {
      received += chunk;
      const length = answerLength(received);
      if (length === undefined || received.length < length) {
        return;
      }
      if (!received.startsWith('HTTP/1.1 2')) {
        reject(new Error(`answered ${received}`));
        socket.destroy();
        return;
      }
      received = received.slice(length);
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  })));
  if (next < requests.length) {
    throw new Error('the server closed its connections');
  }
}

/** Bytes of the first answer, or undefined while its head is not complete. */
function answerLength(received: string): number | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) {
    return undefined;
  }
  const declared = /^content-length: *(\d+)/im.exec(received.slice(0, headEnd));
  if (declared === null) {
    throw new Error('an answer does not tell its length');
  }
  return headEnd + HEAD_END.length + Number(declared[1]);
}
