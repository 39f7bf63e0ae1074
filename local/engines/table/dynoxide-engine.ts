import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DYNOXIDE, findEngineBinary, type FoundEngine } from '../binary';
import { freePort } from '../binary/free-port';
import { EngineConnection } from './engine-connection';
import { GuardedProcess } from './guarded-process';
import type { EngineAnswer, TableEngine } from './table-engine';

/** A port that was free a moment ago can be taken by another process; then the next one is tried. */
const START_ATTEMPTS = 5;
const READY_MILLISECONDS = 10_000;
const READY_PAUSE_MILLISECONDS = 10;

/** What the engine always writes to its error output. */
const GREETING = /^Dynoxide listening on .*$/m;

/** The engine reads a signature's form and verifies none; any date does. */
const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=LOCAL/20240101/local/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=00';

export interface DynoxideEngineProps {
  /**
   * Existing folder for the engine's file.
   *
   * @default - in memory
   */
  readonly folder?: string;
  /**
   * The engine's process ended without being asked to.
   *
   * @param reason what it wrote to its error output.
   */
  readonly onExit?: (reason: string) => void;
}

/** dynoxide, a DynamoDB on SQLite, as a process of its own behind kept-alive connections. */
export class DynoxideEngine implements TableEngine {
  /** Starts an engine. @throws MissingEngineError when it is not installed; Error when it does not start */
  public static async start(props: DynoxideEngineProps = {}): Promise<DynoxideEngine> {
    const binary = findEngineBinary(DYNOXIDE);
    let reason = '';
    for (let attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
      const engine = new DynoxideEngine(binary, await freePort(), props);
      const failure = await engine.untilReady();
      if (failure === undefined) {
        return engine;
      }
      reason = failure;
      await engine.close();
    }
    throw new Error(`dynoxide did not start: ${reason || 'it ended without a word'}`);
  }

  public readonly title: string;
  /** It reads every statement anew, and the parameters on top: a sixth of what an insert costs it. */
  public readonly prefersLiterals = true;
  private readonly program: GuardedProcess;
  private readonly heads = new Map<string, string>();
  private readonly connections = new Set<EngineConnection>();
  private readonly idle: EngineConnection[] = [];
  private closing = false;

  private constructor(binary: FoundEngine, private readonly port: number, private readonly props: DynoxideEngineProps) {
    this.title = binary.title;
    const file = props.folder === undefined ? [] : ['--db-path', path.join(props.folder, 'tables.sqlite')];
    this.program = new GuardedProcess(binary.file, ['serve', '--host', '127.0.0.1', '--port', String(port), ...file], {
      ...process.env,
      // All calls meet at one lock; a second thread only spins on it and costs a third more CPU.
      TOKIO_WORKER_THREADS: '1',
    });
  }

  public async call(operation: string, body: Buffer | string): Promise<EngineAnswer> {
    const connection = this.connection();
    const answer = await connection.call(this.head(operation), body).catch((error) => {
      connection.close();
      this.connections.delete(connection);
      throw error;
    });
    this.idle.push(connection);
    return answer;
  }

  public async close(): Promise<void> {
    this.closing = true;
    for (const connection of this.connections) {
      connection.close();
    }
    await this.program.stop();
  }

  /** Waits until the engine answers. @returns why it does not, when it does not */
  private async untilReady(): Promise<string | undefined> {
    let ended: string | undefined;
    void this.program.ended.then((output) => {
      ended = output.replace(GREETING, '').trim();
      if (!this.closing) {
        this.props.onExit?.(ended);
      }
    });
    for (const start = Date.now(); Date.now() - start < READY_MILLISECONDS;) {
      const answer = await this.call('ListTables', '{}').catch(() => undefined);
      // Give the news of a failed start time to arrive: then it was another process on the same port that answered.
      await delay(READY_PAUSE_MILLISECONDS);
      if (ended !== undefined) {
        this.closing = true;
        return ended;
      }
      if (answer?.status === 200) {
        return undefined;
      }
    }
    return 'it did not answer within 10 seconds';
  }

  private connection(): EngineConnection {
    for (let connection = this.idle.pop(); connection !== undefined; connection = this.idle.pop()) {
      if (connection.usable) {
        return connection;
      }
      this.connections.delete(connection);
    }
    const connection = new EngineConnection(this.port);
    this.connections.add(connection);
    return connection;
  }

  private head(operation: string): string {
    let head = this.heads.get(operation);
    if (head === undefined) {
      head = `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810.${operation}\r\n`
        + `X-Amz-Date: 20240101T000000Z\r\nAuthorization: ${AUTHORIZATION}\r\n`;
      this.heads.set(operation, head);
    }
    return head;
  }
}
