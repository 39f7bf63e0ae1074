import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { AssemblyError } from '../lib/topology';
import { type CommandInput, text } from './command';

/** Options of the commands that work on an assembly, and may synthesize one. */
export const SYNTHESIS_OPTIONS = { environment: { type: 'string' }, phase: { type: 'string' }, profile: { type: 'string' } } as const;

/** What the help of these commands says of them. */
export const SYNTHESIS_HELP = `  --environment NAME   synthesizes this environment of the app (prod, dev, local) instead of taking an assembly
  --phase N            the same for a phase of the app, 1 to 4: how much of the system is there
  --profile NAME         the same for a profile of the app: serverless or kubernetes`;

/** A cloud assembly to work on. */
export interface UsedAssembly {
  readonly folder: string;
  /** Removes what was synthesized for this command alone. */
  dispose(): void;
}

/** What the command line asks to be synthesized, as context of the app: `{"environment":"dev","phase":"2"}`. Empty where it asks for nothing. */
export function synthesisAsked(input: CommandInput): { readonly [key: string]: string } {
  const asked = Object.keys(SYNTHESIS_OPTIONS).flatMap((option) => {
    const value = text(input, option);
    return value === undefined ? [] : [[option, value]];
  });
  return Object.fromEntries(asked);
}

/** The same in words: `environment dev, phase 2`. */
export function synthesisTitle(asked: { readonly [key: string]: string }): string {
  return Object.entries(asked).map(([option, value]) => `${option} ${value}`).join(', ');
}

/**
 * The assembly that a command works on: the given folder, else `./cdk.out`, else a synthesis of `./cdk.json` in a temporary folder of `.local`. With
 * --environment, --phase or --profile it is synthesized, whatever else is there.
 *
 * @param folder @default - the first word after the command
 * @throws AssemblyError for a folder together with something to synthesize, or when the app fails.
 */
export async function useAssembly(input: CommandInput, folder: string | undefined = input.positionals[0]): Promise<UsedAssembly> {
  const asked = synthesisAsked(input);
  const [option] = Object.keys(asked);
  if (folder !== undefined && option !== undefined) {
    throw new AssemblyError(`The folder ${folder} is synthesized already: leave out --${option} ${asked[option]}, or the folder.`);
  }
  if (folder !== undefined) {
    return { folder, dispose: () => undefined };
  }
  if (option === undefined && fs.existsSync(path.join('cdk.out', 'manifest.json'))) {
    return { folder: 'cdk.out', dispose: () => undefined };
  }
  return synthesizeApp(asked);
}

/**
 * Synthesizes the app of `./cdk.json` to a temporary folder of `.local`.
 *
 * @param asked context of the app, such as `{ environment: 'dev' }`
 * @throws AssemblyError when there is no app, or it fails.
 */
export async function synthesizeApp(asked: { readonly [key: string]: string }): Promise<UsedAssembly> {
  const configuration = readConfiguration();
  const folder = fs.mkdtempSync(path.join(temporaryRoot(), 'assembly-'));
  process.stderr.write(`Synthesizing ${synthesisTitle(asked) || configuration.app} to a temporary folder.\n`);
  const dispose = () => fs.rmSync(folder, { recursive: true, force: true });
  try {
    await execute(configuration.app, {
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({
        ...configuration.context,
        'aws:cdk:enable-path-metadata': true,
        ...asked,
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
