import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';
import type { Planted } from './planted/planted';

const FOLDER = path.join(__dirname, 'planted');

/** All planted templates, in the order of the rules' ids. */
export async function readPlanted(): Promise<Planted[]> {
  const files = fs.readdirSync(FOLDER).filter((file) => /^ht-[a-z]+-\d+\.ts$/.test(file)).sort();
  return Promise.all(files.map(async (file) => {
    const { planted } = (await import(path.join(FOLDER, file))) as { planted?: Planted };
    if (planted === undefined || `${planted.id.toLowerCase()}.ts` !== file) {
      throw new Error(`${file} must export \`planted\` with the id that it is named after`);
    }
    return planted;
  }));
}

/** One app with every planted template and its repaired twin, each in a stage of its own, so that each is an assembly of its own. */
export class PlantedAssembly {
  readonly app: App;

  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'planted-'));

  /** @param variants what is synthesized of each. */
  constructor(all: readonly Planted[], variants: readonly ('plant' | 'repair')[]) {
    this.app = new App({ outdir: this.folder, context: this.context(), analyticsReporting: false });
    for (const planted of all) {
      for (const variant of variants) {
        const stage = new Stage(this.app, stageId(planted, variant), { env: { region: 'eu-west-1' } });
        planted[variant](new Stack(stage, 'stack'));
      }
    }
  }

  /** Folder of one assembly. */
  folderOf(planted: Planted, variant: 'plant' | 'repair'): string {
    return path.join(this.folder, `assembly-${stageId(planted, variant)}`);
  }

  dispose(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** What an app's cdk.json says, and what the CDK's command line adds. */
  private context(): Record<string, unknown> {
    const { context } = JSON.parse(fs.readFileSync(path.join(__dirname, '../../../cdk.json'), 'utf8')) as { context: Record<string, unknown> };
    return { ...context, 'aws:cdk:enable-path-metadata': true };
  }
}

function stageId(planted: Planted, variant: 'plant' | 'repair'): string {
  return `${planted.id}-${variant}`;
}
