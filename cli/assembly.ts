import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { AssemblyError } from '../lib/topology';

/** A cloud assembly to work on. */
export interface UsedAssembly {
  readonly folder: string;
  /** Removes what was synthesized for this command alone. */
  dispose(): void;
}

/**
 * The assembly that a command works on: the given folder, else `./cdk.out`, else a synthesis of `./cdk.json` in a temporary folder of `.local`.
 *
 * @param environment synthesizes this environment of the app, whatever else is there.
 */
export async function useAssembly(folder: string | undefined, environment: string | undefined): Promise<UsedAssembly> {
  if (folder !== undefined && environment !== undefined) {
    throw new AssemblyError(`The folder ${folder} is synthesized already: leave out --environment ${environment}, or the folder.`);
  }
  if (folder !== undefined) {
    return { folder, dispose: () => undefined };
  }
  if (environment === undefined && fs.existsSync(path.join('cdk.out', 'manifest.json'))) {
    return { folder: 'cdk.out', dispose: () => undefined };
  }
  return synthesize(environment);
}

async function synthesize(environment: string | undefined): Promise<UsedAssembly> {
  const configuration = readConfiguration();
  const folder = fs.mkdtempSync(path.join(temporaryRoot(), 'assembly-'));
  process.stderr.write(`Synthesizing ${environment === undefined ? configuration.app : `the environment ${environment}`} to a temporary folder.\n`);
  const dispose = () => fs.rmSync(folder, { recursive: true, force: true });
  try {
    await execute(configuration.app, {
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({
        ...configuration.context,
        'aws:cdk:enable-path-metadata': true,
        ...(environment !== undefined && { environment }),
      }),
      // Whoever wants the templates validated runs "cdk synth".
      CDK_VALIDATION: 'false',
    });
  } catch (error) {
    dispose();
    throw error;
  }
  return { folder, dispose };
}

/** Under the folder that runs use as well, so that nothing is left anywhere else. */
function temporaryRoot(): string {
  const folder = path.resolve('.local');
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

function readConfiguration(): { app: string; context: object } {
  if (!fs.existsSync('cdk.json')) {
    throw new AssemblyError('There is no cdk.out and no cdk.json here. Run "npx cdk synth" in the folder of your app, or name the folder of an assembly.');
  }
  const { app, context } = JSON.parse(fs.readFileSync('cdk.json', 'utf8')) as { app?: string; context?: object };
  if (app === undefined) {
    throw new AssemblyError('./cdk.json names no app to synthesize.');
  }
  return { app, context: context ?? {} };
}

function execute(command: string, environment: { readonly [name: string]: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new AssemblyError(`"${command}" failed:\n${Buffer.concat(output).toString('utf8').trim()}`));
      }
    });
  });
}
