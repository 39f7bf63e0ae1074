import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsJsonClient } from '../../lambdas/runtime/aws/json-client';
import { createTextKeyTables } from './text-key-tables';

const PACKAGE = `@dynoxide/${process.platform}-${process.arch}`;
const START_MILLISECONDS = 30_000;

/** On a busy machine an answer may take seconds. A test that wants calls to fail makes them fail; an engine that hangs still ends the test. */
const CALL_MILLISECONDS = 30_000;

/** A DynamoDB engine in a process of its own, empty at first and gone with the test. */
export class Dynoxide {
  /** @throws Error when the engine is not installed or does not answer within half a minute */
  public static async start(): Promise<Dynoxide> {
    const port = await freePort();
    const child = spawn(binary(), ['serve', '--port', String(port)], { stdio: 'ignore' });
    const engine = new Dynoxide(port, child);
    await engine.untilReady();
    return engine;
  }

  /** A client without retries, as the handlers use it, but more patient. */
  public readonly client: AwsJsonClient;
  public readonly endpoint: string;

  private constructor(port: number, private readonly child: ChildProcess) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.client = new AwsJsonClient({
      service: 'dynamodb',
      region: 'eu-west-1',
      endpoint: this.endpoint,
      timeoutMilliseconds: CALL_MILLISECONDS,
      credentials: () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
    });
  }

  /** Creates tables with the text keys `pk` and `sk`. */
  public createTables(...names: string[]): Promise<void> {
    return createTextKeyTables(this.client, names);
  }

  public async stop(): Promise<void> {
    this.client.close();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => { this.child.once('exit', resolve); });
      this.child.kill();
      await ended;
    }
  }

  private async untilReady(): Promise<void> {
    const end = Date.now() + START_MILLISECONDS;
    for (;;) {
      try {
        await this.client.call('ListTables', {});
        return;
      } catch (error) {
        if (this.child.exitCode !== null || Date.now() > end) {
          await this.stop();
          throw new Error(`dynoxide did not start (exit code ${this.child.exitCode})`, { cause: error });
        }
        await sleep(20);
      }
    }
  }
}

function binary(): string {
  const file = path.join(__dirname, '../../node_modules', PACKAGE, 'dynoxide');
  if (!existsSync(file)) {
    throw new Error(`this test needs ${PACKAGE}: run \`npm ci\` on a platform for which it exists`);
  }
  return file;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}
