import * as http from 'node:http';
import { RESIDENT_BYTES, RUNTIME_PATH } from './runtime-api';

/**
 * What AWS puts around a handler, as far as it costs memory: fetches each event as text over HTTP, parses it, calls the handler and posts its answer.
 * Beside it goes how much memory the process holds, read by itself. Ends when there are no more events.
 *
 * Argument: the bundle. Its handler is `handler`.
 */

const [bundle] = process.argv.slice(2);
const { hostname, port } = new URL(`http://${process.env.AWS_LAMBDA_RUNTIME_API}`);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
// The path is known at run time only.
const { handler } = module.require(bundle) as { readonly handler: (event: unknown, context: object) => Promise<unknown> };

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

function ask(method: string, path: string, body?: string, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, hostname, port, method, path: RUNTIME_PATH + path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function main(): Promise<void> {
  for (;;) {
    const { status, headers, text } = await ask('GET', '/next');
    if (status !== 200) {
      agent.destroy();
      return;
    }
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    const answer = await handler(JSON.parse(text), { getRemainingTimeInMillis: () => deadline - Date.now() });
    const resident = process.memoryUsage.rss();
    await ask('POST', `/${headers['lambda-runtime-aws-request-id'] as string}/response`, JSON.stringify(answer), { [RESIDENT_BYTES]: resident });
  }
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
});
