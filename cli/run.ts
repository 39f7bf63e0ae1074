import * as fs from 'node:fs';
import * as net from 'node:net';
import { faultHelpLines, FAULTS, FaultSettingError, type FaultSettings, faultSettings } from '../local/faults';
import { GATEWAY_CHOICES, type GatewayChoice } from '../local/run/gateway-choice';
import { TABLE_ENGINES, type TableEngineName } from '../local/run/options';
import { streamConsole } from '../local/run/report-lines';
import { runAssembly } from '../local/run/run';
import { isClean } from '../local/run/verdict';
import { synthesisAsked, SYNTHESIS_HELP, SYNTHESIS_OPTIONS, synthesisTitle, useAssembly } from './assembly';
import { type Command, type CommandInput, integer, number, text, UsageError } from './command';

const DEFAULT_SECONDS = 60;
const HOUR = 3600;
/** Most payments that a request of the API may have. */
const MOST_PAYMENTS_PER_REQUEST = 500;

/** `cht run` */
export const runCommand: Command = {
  help: `cht run [ASSEMBLY]: runs a cloud assembly on this machine and gives a verdict

${SYNTHESIS_HELP}
  --rate N             payments per second; without it 60 % of what a 5-second probe settles
  --seconds N          length of the load, 1 to 86400 (default 60)
  --warm-up S          seconds of sending before the load, as fast as it settles; no latency and no rate counts it (default 3
                       from a rate of 1,000 on, else 0)
  --payments-per-request N
                       payments of every request, 1 to 500 (default: nine in ten are a batch of 1 to 50, the others one payment)
  --input FILE         posts each line of FILE to POST /payments, in order, instead of a load
  --balances FILE      writes merchantId,currency,balance at the end
  --answers FILE       writes line,status,problem for each line of the input
  --json FILE          writes the verdict
  --seed N             everything random in the load follows from it (default: chosen, and printed)
  --refund-wait S      seconds that a refund waits for its payment (with --input 5, from the end of the file)
  --keep               keeps the system up after the verdict, until Ctrl-C
  --port N             port of the API
  --no-auth            the API asks for no token
  --table ENGINE       what stands behind the tables: dynoxide (default) or memory, which runs on every platform
  --gateway PROGRAM    what stands before pods that a Gateway of the template leads to: haproxy or nginx of the PATH, auto
                       (default: the first of them that is there, else none) or none
  --no-page            serves no live page
  --page-port N        port of the live page
  --coverage           names what of the template is modelled here and what has no effect
  --archive FOLDER     copies the audit archive to FOLDER at the end
  --drain-timeout S    gives up when nothing has moved for S seconds after the load (default 60, and as long as a
                       queue hides a message whose worker was killed)

Faults, from the beginning of the load to its end (docs/faults.md):
${faultHelpLines().join('\n')}

The exit code is 0 when nothing was lost, doubled or out of balance, everything drained, and every fault that
was asked for was seen; it never depends on a rate.
Ctrl-C ends the load, lets settle what is on its way, and gives the verdict; a second one ends at once.
`,
  options: {
    ...SYNTHESIS_OPTIONS,
    'rate': { type: 'string' },
    'seconds': { type: 'string' },
    'warm-up': { type: 'string' },
    'payments-per-request': { type: 'string' },
    'input': { type: 'string' },
    'balances': { type: 'string' },
    'answers': { type: 'string' },
    'json': { type: 'string' },
    'seed': { type: 'string' },
    'refund-wait': { type: 'string' },
    'keep': { type: 'boolean' },
    'port': { type: 'string' },
    'no-auth': { type: 'boolean' },
    'table': { type: 'string' },
    'gateway': { type: 'string' },
    'no-page': { type: 'boolean' },
    'page-port': { type: 'string' },
    'coverage': { type: 'boolean' },
    'archive': { type: 'string' },
    'drain-timeout': { type: 'string' },
    ...Object.fromEntries(FAULTS.map(({ flag }) => [flag, { type: 'string' as const }])),
  },
  async run(input) {
    const options = readOptions(input);
    for (const [option, port] of [['port', options.port], ['page-port', options.pagePort]] as const) {
      if (port !== undefined && !(await isFree(port))) {
        throw new UsageError(`--${option} ${port} is taken by another program: choose another one, or leave it out.`, 'run');
      }
    }
    const assembly = await useAssembly(input);
    try {
      const asked = { title: titleOf(input), assembly: assembly.folder, ...options };
      const { verdict } = await runAssembly(asked, streamConsole(process.stdout), interruption());
      return isClean(verdict) ? 0 : 1;
    } finally {
      assembly.dispose();
    }
  },
};

function titleOf(input: CommandInput): string {
  return synthesisTitle(synthesisAsked(input)) || (input.positionals[0] ?? 'cdk.out');
}

function readOptions(input: CommandInput) {
  const file = text(input, 'input');
  if (file !== undefined && fs.statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new UsageError(`--input ${file} is not a file.`, 'run');
  }
  if (file === undefined && text(input, 'answers') !== undefined) {
    throw new UsageError('--answers needs --input: only a file has lines to answer.', 'run');
  }
  if (file !== undefined && (text(input, 'rate') !== undefined || text(input, 'seconds') !== undefined)) {
    throw new UsageError('--input is posted as fast as it is answered: leave out --rate and --seconds.', 'run');
  }
  if (file !== undefined && text(input, 'warm-up') !== undefined) {
    throw new UsageError('--warm-up sends payments that are made up, and --input is posted as it is: leave out one of the two.', 'run');
  }
  if (file !== undefined && text(input, 'payments-per-request') !== undefined) {
    throw new UsageError('--payments-per-request is for a load that is made up: each line of --input is a request. Leave out one of the two.', 'run');
  }
  if (file !== undefined && text(input, 'poison') !== undefined) {
    throw new UsageError('--poison needs a load that is made up: the lines of --input are posted as they are. Leave out one of the two.', 'run');
  }
  const [flag] = FAULTS.filter(({ strikesOnce }) => strikesOnce).map((fault) => fault.flag).filter((it) => text(input, it) !== undefined);
  if (file !== undefined && flag !== undefined) {
    throw new UsageError(
      `--${flag} needs a load of a known length: it strikes in the middle third of it, and --input has none. Leave out one of the two.`, 'run',
    );
  }
  return {
    rate: number(input, 'run', 'rate', 1, 1_000_000),
    paymentsPerRequest: integer(input, 'run', 'payments-per-request', 1, MOST_PAYMENTS_PER_REQUEST),
    seconds: number(input, 'run', 'seconds', 1, 24 * HOUR) ?? DEFAULT_SECONDS,
    warmUpSeconds: number(input, 'run', 'warm-up', 0, HOUR),
    input: file,
    balances: text(input, 'balances'),
    answers: text(input, 'answers'),
    json: text(input, 'json'),
    seed: integer(input, 'run', 'seed', 0, 0x7fffffff) ?? Math.floor(Math.random() * 0x7fffffff),
    refundWaitSeconds: number(input, 'run', 'refund-wait', 0, 24 * HOUR),
    keep: input.values.keep === true,
    port: integer(input, 'run', 'port', 1, 65_535),
    noAuthentication: input.values['no-auth'] === true,
    table: oneOf<TableEngineName>('table', TABLE_ENGINES, text(input, 'table') ?? TABLE_ENGINES[0]),
    gateway: oneOf<GatewayChoice>('gateway', GATEWAY_CHOICES, text(input, 'gateway') ?? GATEWAY_CHOICES[0]),
    faults: readFaults(input),
    page: input.values['no-page'] !== true,
    pagePort: integer(input, 'run', 'page-port', 1, 65_535),
    drainTimeoutSeconds: number(input, 'run', 'drain-timeout', 1, HOUR),
    archive: text(input, 'archive'),
    coverage: input.values.coverage === true,
  };
}

function oneOf<Name extends string>(option: string, names: readonly Name[], given: string): Name {
  const name = names.find((it) => it === given);
  if (name === undefined) {
    throw new UsageError(`--${option} must be one of ${names.join(', ')}, got: ${given}.`, 'run');
  }
  return name;
}

function readFaults(input: CommandInput): FaultSettings {
  try {
    return faultSettings(Object.fromEntries(FAULTS.map(({ flag }) => [flag, text(input, flag)])));
  } catch (error) {
    throw error instanceof FaultSettingError ? new UsageError(error.message, 'run') : error;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

/** Resolves at the first Ctrl-C; the second one ends the process, and with it every part of the run. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    let seen = false;
    const onSignal = (): void => {
      if (seen) {
        process.exit(130);
      }
      seen = true;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
