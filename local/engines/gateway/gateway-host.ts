import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../binary/free-port';
import { familyTimes } from '../binary/process-times';
import { GuardedProcess } from '../table/guarded-process';
import { gatewayConfiguration, type GatewayProgram, gatewayWords, STOP_SIGNALS } from './gateway-program';
import type { GatewayPlace, GatewayRules } from './gateway-rules';

const HOST = '127.0.0.1';
/** A port that was free a moment ago can be taken by another process. */
const START_ATTEMPTS = 5;
const READY_MILLISECONDS = 10_000;
const PAUSE_MILLISECONDS = 50;
const ANSWER_MILLISECONDS = 1_000;
/** A little longer than the program itself gives requests that are under way. */
const STOP_MILLISECONDS = 6_000;

export interface GatewayHostProps {
  readonly program: GatewayProgram;
  readonly rules: GatewayRules;
  /** Ports of the pods of each deployment. */
  readonly pods: ReadonlyMap<string, readonly number[]>;
  /** For its configuration and what it writes; removed at the end. */
  readonly folder: string;
  /** @default - chosen by the system */
  readonly port?: number;
  /** Hears what the program says. @default - nobody does */
  readonly onOutput?: (text: string) => void;
  /** Called when it ends without having been told to. @default - nobody is */
  readonly onUnexpectedEnd?: (error: Error) => void;
}

/** A gateway in front of pods: HAProxy or NGINX, with the rules that the manifests state for Envoy. */
export class GatewayHost {
  /** @throws Error when the program refuses its configuration, or does not start */
  static async start(props: GatewayHostProps): Promise<GatewayHost> {
    for (let attempt = 1; ; attempt++) {
      const host = new GatewayHost(props, props.port ?? await freePort());
      try {
        await host.start();
        return host;
      } catch (error) {
        await host.close();
        if (attempt === START_ATTEMPTS || props.port !== undefined || !/in use/i.test((error as Error).message)) {
          throw error;
        }
      }
    }
  }

  /** Rules that the program cannot carry out, each with why. */
  readonly leftOut: readonly string[];
  private readonly text: string;
  private process?: GuardedProcess;
  private isClosing = false;

  private constructor(private readonly props: GatewayHostProps, readonly port: number) {
    const place: GatewayPlace = { host: HOST, port, folder: props.folder, pods: props.pods };
    ({ leftOut: this.leftOut, text: this.text } = gatewayConfiguration(props.program, props.rules, place));
  }

  /** Name and version of the program. */
  get title(): string {
    return this.props.program.title;
  }

  /** CPU time that the program has taken, in microseconds; undefined where the platform does not tell. */
  async microseconds(): Promise<number | undefined> {
    const processId = await this.process?.processId;
    const family = processId === undefined ? undefined : await familyTimes(processId);
    return family?.reduce((sum, { microseconds }) => sum + microseconds, 0);
  }

  /** Resolves when requests come through to a pod. @throws Error when none does in time */
  async untilReady(): Promise<void> {
    const { program, rules: { readiness } } = this.props;
    const address = `http://${HOST}:${this.port}${readiness?.path ?? '/'}`;
    // A pod that asks for a token refuses, and so tells as well that it is there. What finds none is answered 502 or 503 by the gateway itself.
    const isAnswered = () => fetch(address, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) }).then(({ status }) => status < 500, () => false);
    for (const start = Date.now(); !this.isClosing && !(await isAnswered()); await delay(PAUSE_MILLISECONDS)) {
      if (Date.now() - start > READY_MILLISECONDS) {
        throw new Error(`${program.title} led no request to a pod within ${READY_MILLISECONDS / 1_000} s`);
      }
    }
  }

  /** Lets it finish the requests that it has, ends it, and removes its files. */
  async close(): Promise<void> {
    this.isClosing = true;
    if (this.process !== undefined) {
      this.process.signal(STOP_SIGNALS[this.props.program.name]);
      await Promise.race([this.process.ended, delay(STOP_MILLISECONDS, undefined, { ref: false })]);
      await this.process.stop();
    }
    fs.rmSync(this.props.folder, { recursive: true, force: true });
  }

  private async start(): Promise<void> {
    const { folder, program } = this.props;
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(folder, `${program.name}.conf`);
    fs.writeFileSync(file, this.text);
    const words = gatewayWords(program, file);
    const { error, status, stderr } = spawnSync(program.file, words.check, { encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(`${program.title} refuses its configuration: ${error?.message ?? stderr.trim()}`);
    }
    // Whoever holds the port would answer in the place of the gateway, and look like it.
    await requireFree(this.port);
    const started = new GuardedProcess(program.file, words.run, process.env, undefined, this.props.onOutput);
    this.process = started;
    let isUp = false;
    const end = started.ended.then((output) => {
      const failure = new Error(`${program.title} ended: ${output || 'without a word'}`);
      if (isUp && !this.isClosing) {
        this.props.onUnexpectedEnd?.(failure);
      }
      throw failure;
    });
    // Who waits for it to be up hears of an end before that.
    end.catch(() => undefined);
    await Promise.race([this.untilReady(), end]);
    isUp = true;
  }
}

/** @throws Error where somebody listens on a port */
function requireFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error) => reject(new Error(`The port ${port} is in use: ${error.message}`)));
    server.listen(port, HOST, () => server.close(() => resolve()));
  });
}
