import * as fs from 'node:fs';
import * as path from 'node:path';
import { AssemblyError } from './assembly-error';
import type { Template, TemplateValue } from './template';

/** A stack of a cloud assembly with what the CDK wrote down about it. */
export interface AssemblyStack {
  /** Unique in the assembly, with the ids of its stages in front: `Local/cell1-stream`. */
  readonly displayName: string;
  readonly stackName: string;
  /** Region of the stack's environment, or undefined where the app left it open. */
  readonly region?: string;
  /** Account of the stack's environment, or undefined where the app left it open. */
  readonly account?: string;
  readonly template: Template;
  readonly templateFile: string;
  /** Folder of the (nested) assembly: paths of assets are relative to it. */
  readonly folder: string;
  readonly assets: StackAssets;
  /** What the CDK noted about the constructs of the stack; read from disk when it is asked for. */
  constructNotes(): ConstructNotes;
}

/** What the CDK noted about constructs, by construct path: kind of note and its data. */
export type ConstructNotes = ReadonlyMap<string, readonly ConstructNote[]>;

export interface ConstructNote {
  /** `aws:cdk:logicalId`, `aws:cdk:acknowledged-rules`, … */
  readonly type: string;
  readonly data?: TemplateValue;
}

/** The asset manifest of a stack, as folders and files by asset id. */
export interface StackAssets {
  /** Asset id to the absolute path of the folder or file that is uploaded. */
  readonly files: ReadonlyMap<string, string>;
  /** Asset id to the absolute path of the Docker build context. */
  readonly images: ReadonlyMap<string, string>;
}

interface Manifest {
  readonly version: string;
  readonly artifacts?: Record<string, ManifestArtifact>;
}

interface ManifestArtifact {
  readonly type: string;
  readonly environment?: string;
  readonly displayName?: string;
  readonly dependencies?: readonly string[];
  readonly properties?: { templateFile?: string; stackName?: string; directoryName?: string; file?: string };
  readonly metadata?: Record<string, readonly ConstructNote[]>;
  readonly additionalMetadataFile?: string;
}

interface AssetManifest {
  readonly files?: Record<string, { source: { path?: string } }>;
  readonly dockerImages?: Record<string, { source: { directory?: string } }>;
}

/**
 * Reads every stack of a cloud assembly and of the stages inside it.
 *
 * @param folder the output folder of a synthesis, usually `cdk.out`.
 * @throws AssemblyError when the folder holds no cloud assembly.
 */
export function readAssembly(folder: string): AssemblyStack[] {
  const manifest = readManifest(folder);
  const stacks: AssemblyStack[] = [];
  for (const [id, artifact] of Object.entries(manifest.artifacts ?? {})) {
    if (artifact.type === 'aws:cloudformation:stack') {
      stacks.push(readStack(folder, id, artifact, manifest));
    } else if (artifact.type === 'cdk:cloud-assembly' && artifact.properties?.directoryName) {
      stacks.push(...readAssembly(path.join(folder, artifact.properties.directoryName)));
    }
  }
  return stacks;
}

function readManifest(folder: string): Manifest {
  const file = path.join(folder, 'manifest.json');
  if (!fs.existsSync(file)) {
    throw new AssemblyError(`${folder} is not a cloud assembly: it has no manifest.json. Run "npx cdk synth" or name its output folder.`);
  }
  return readJson(file) as Manifest;
}

function readStack(folder: string, id: string, artifact: ManifestArtifact, manifest: Manifest): AssemblyStack {
  const templateFile = artifact.properties?.templateFile;
  if (!templateFile) {
    throw new AssemblyError(`${path.join(folder, 'manifest.json')}: the stack ${id} names no template file.`);
  }
  const environment = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? '');
  return {
    displayName: artifact.displayName ?? id,
    stackName: artifact.properties?.stackName ?? id,
    account: known(environment?.[1], 'unknown-account'),
    region: known(environment?.[2], 'unknown-region'),
    template: readJson(path.join(folder, templateFile)) as Template,
    templateFile: path.join(folder, templateFile),
    folder,
    assets: readAssets(folder, artifact, manifest),
    constructNotes: () => readConstructNotes(folder, artifact),
  };
}

function readConstructNotes(folder: string, artifact: ManifestArtifact): ConstructNotes {
  const file = artifact.additionalMetadataFile;
  const beside = file === undefined ? {} : (readJson(path.join(folder, file)) as NonNullable<ManifestArtifact['metadata']>);
  return new Map(Object.entries({ ...artifact.metadata, ...beside }).map(([constructPath, notes]) => [constructPath.replace(/^\//, ''), notes]));
}

function readAssets(folder: string, artifact: ManifestArtifact, manifest: Manifest): StackAssets {
  const files = new Map<string, string>();
  const images = new Map<string, string>();
  for (const dependency of artifact.dependencies ?? []) {
    const asset = manifest.artifacts?.[dependency];
    if (asset?.type !== 'cdk:asset-manifest' || !asset.properties?.file) {
      continue;
    }
    const assets = readJson(path.join(folder, asset.properties.file)) as AssetManifest;
    for (const [id, { source }] of Object.entries(assets.files ?? {})) {
      if (source.path) {
        files.set(id, path.resolve(folder, source.path));
      }
    }
    for (const [id, { source }] of Object.entries(assets.dockerImages ?? {})) {
      if (source.directory) {
        images.set(id, path.resolve(folder, source.directory));
      }
    }
  }
  return { files, images };
}

function known(value: string | undefined, unknown: string): string | undefined {
  return value === unknown ? undefined : value;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AssemblyError(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
}
