import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Annotations, Stack } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { packageFile } from '../assets';

/** Where the archive of an application lies. */
export interface FlinkCodeLocation {
  /** ARN of the bucket. */
  readonly bucketArn: string;
  /** Key of the archive in it. */
  readonly fileKey: string;
  /** Version of that object; undefined for the newest. */
  readonly objectVersion?: string;
}

/** Name of the file in a package that pins the connector. */
const LOCK_FILE = 'connector.lock.json';
/** Left out of a package: what runs on this machine leave behind. */
const LEFT_OUT = /^(__pycache__|lib|\..*)$/;

/** The code of a Flink application: a zip archive with Python, SQL and the connector that reads and writes its streams. */
export abstract class FlinkCode {
  /**
   * A folder with `main.py`, what it needs, and `connector.lock.json`, which names a connector of Maven Central and its SHA-256.
   *
   * The archive is made when the assets are published (`cdk deploy`), not at synthesis: `cht flink package` fetches the connector, refuses one
   * with another checksum, and puts it into the archive as `lib/connector.jar`. So a synthesis needs neither Maven nor a network, and a folder
   * always gives the same template. Deploy from the folder in which you synthesized.
   *
   * @param folder default: the package that the kit brings with it
   * @throws Error when the folder has no `main.py` or no lock file.
   */
  static fromPackage(folder: string = packageFile('analytics', 'fraud')): FlinkCode {
    return new PackagedCode(folder);
  }

  /**
   * An archive on this machine that is complete, for example one that `cht flink package` made on a machine with a network.
   *
   * @param file a zip archive with `main.py` and `lib/connector.jar`
   */
  static fromAsset(file: string): FlinkCode {
    return new ArchivedCode(file);
  }

  /**
   * An archive that is in a bucket before the application is made.
   *
   * @param key of a zip archive with `main.py` and `lib/connector.jar`
   * @param objectVersion default: the newest at every deployment that changes the application
   */
  static fromBucket(bucket: s3.IBucket, key: string, objectVersion?: string): FlinkCode {
    return new StoredCode(bucket, key, objectVersion);
  }

  /** Called by the construct that runs the code. */
  abstract bind(scope: Construct): FlinkCodeLocation;
}

class PackagedCode extends FlinkCode {
  constructor(private readonly folder: string) {
    super();
    for (const file of ['main.py', LOCK_FILE]) {
      if (!fs.existsSync(path.join(folder, file))) {
        throw new Error(`\`folder\` must hold ${file}, got: ${folder}`);
      }
    }
  }

  bind(scope: Construct): FlinkCodeLocation {
    const folder = fromHere(this.folder);
    const stack = Stack.of(scope);
    const { sha256 } = JSON.parse(fs.readFileSync(path.join(this.folder, LOCK_FILE), 'utf8')) as { sha256?: string | null };
    if (sha256 == null) {
      Annotations.of(scope).addInfo(`The connector of ${folder} has no checksum yet, so that it cannot be deployed: \`cht flink pin ${folder}\` writes one.`);
    }
    const location = stack.synthesizer.addFileAsset({
      // Relative, so that two checkouts give the same bytes.
      executable: ['node', fromHere(packageFile('bin', 'cht.js')), 'flink', 'package', folder],
      // The lock file is part of it, and with the checksum in there the connector is.
      sourceHash: fingerprint(this.folder),
      displayName: `archive of ${folder}`,
    });
    return { bucketArn: bucketArn(stack, location.bucketName), fileKey: location.objectKey };
  }
}

class ArchivedCode extends FlinkCode {
  constructor(private readonly file: string) {
    super();
  }

  bind(scope: Construct): FlinkCodeLocation {
    const asset = new assets.Asset(scope, 'Code', { path: this.file });
    return { bucketArn: bucketArn(Stack.of(scope), asset.s3BucketName), fileKey: asset.s3ObjectKey };
  }
}

class StoredCode extends FlinkCode {
  constructor(private readonly bucket: s3.IBucket, private readonly key: string, private readonly objectVersion?: string) {
    super();
  }

  bind(): FlinkCodeLocation {
    return { bucketArn: this.bucket.bucketArn, fileKey: this.key, objectVersion: this.objectVersion };
  }
}

function bucketArn(stack: Stack, name: string): string {
  return stack.formatArn({ service: 's3', region: '', account: '', resource: name });
}

/** A path as a command that is started in the folder of the synthesis writes it, the same on every platform. */
function fromHere(file: string): string {
  return (path.relative(process.cwd(), file) || '.').split(path.sep).join('/');
}

/** Hash over names and bytes of a package's files. */
function fingerprint(folder: string): string {
  const hash = crypto.createHash('sha256');
  for (const name of filesIn(folder)) {
    const bytes = fs.readFileSync(path.join(folder, name));
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function filesIn(folder: string, prefix = ''): string[] {
  return fs.readdirSync(path.join(folder, prefix), { withFileTypes: true })
    .filter((entry) => !LEFT_OUT.test(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? filesIn(folder, path.posix.join(prefix, entry.name)) : [path.posix.join(prefix, entry.name)]))
    .sort();
}
