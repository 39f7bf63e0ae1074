import type { DynamoDBRecord } from 'aws-lambda';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Item } from '../aws/dynamodb';
import { comparableSequence } from '../balance/stream-shard';

/** One change of one ledger row, as a line of an object. */
export interface ArchivedChange {
  /** Sequence number in the shard, as the stream gave it. */
  readonly sequence: string;
  readonly event: 'INSERT' | 'MODIFY' | 'REMOVE';
  /** When it happened, in seconds since 1970. */
  readonly at: number;
  /** The row after the change; of a removal, the row that went. In DynamoDB's JSON, as DynamoDB's own exports have it. */
  readonly row: Item;
  /** Only of a `MODIFY`: attributes that were different or are gone, as they were. */
  readonly before?: Item;
}

/** Where changes come from: sequence numbers compare only inside one shard of one stream. */
export interface ChangeSource {
  /** ARN of the table's stream. */
  readonly stream: string;
  readonly shard: string;
}

/** First line of an object: tells a reader without this code what follows. */
interface ObjectHeader extends ChangeSource {
  readonly schema: typeof CHANGES_SCHEMA;
  readonly version: typeof CHANGES_VERSION;
  readonly lines: string;
}

const CHANGES_SCHEMA = 'cdk-high-throughput/ledger-changes';
const CHANGES_VERSION = 1;
const LINES = 'one change a line, in the order of the shard: sequence (number in the shard), event (INSERT, MODIFY, REMOVE), at (seconds since 1970), '
  + 'row (DynamoDB JSON; after the change, of a REMOVE before it), before (of a MODIFY: attributes that changed, as they were)';

/** An object or manifest is not what this version writes, or was tampered with; the message says what is wrong. */
export class ArchiveFormatError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'ArchiveFormatError';
  }
}

/**
 * The change that a record of a ledger table's stream tells of. Takes every row as it is: what the archive holds must not depend on what
 * this version understands.
 *
 * @throws Error when the record lacks its sequence number, time or image: the table stream must show new and old images
 */
export function archivedChange(record: DynamoDBRecord): ArchivedChange {
  const { eventName: event, dynamodb } = record;
  const { SequenceNumber: sequence, ApproximateCreationDateTime: at, NewImage: image, OldImage: before } = dynamodb ?? {};
  const row = (event === 'REMOVE' ? before : image) as Item | undefined;
  if (event === undefined || sequence === undefined || at === undefined || row === undefined) {
    throw new Error('a record has no event name, sequence number, time or image: the table stream must show new and old images');
  }
  return {
    sequence, event, at: Math.floor(at), row,
    ...(event === 'MODIFY' && before !== undefined ? { before: changedAttributes(before as Item, row) } : undefined),
  };
}

/** Packs changes of one shard, in its order, into one compressed object. */
export function packChanges(source: ChangeSource, changes: readonly ArchivedChange[]): Buffer {
  const header: ObjectHeader = { schema: CHANGES_SCHEMA, version: CHANGES_VERSION, stream: source.stream, shard: source.shard, lines: LINES };
  const lines = [JSON.stringify(header)];
  for (const change of changes) {
    lines.push(JSON.stringify(change));
  }
  return gzipSync(`${lines.join('\n')}\n`);
}

/** @throws ArchiveFormatError when the object cannot be read */
export function unpackChanges(object: Buffer): { readonly source: ChangeSource; readonly changes: readonly ArchivedChange[] } {
  let lines: string[];
  try {
    lines = gunzipSync(object).toString('utf8').split('\n');
  } catch (error) {
    throw new ArchiveFormatError(`it cannot be decompressed: ${(error as Error).message}`);
  }
  if (lines.pop() !== '') {
    throw new ArchiveFormatError('its last line is cut off');
  }
  const [header, ...changes] = lines.map(parseLine) as [ObjectHeader | undefined, ...ArchivedChange[]];
  if (header?.schema !== CHANGES_SCHEMA || header.version !== CHANGES_VERSION) {
    throw new ArchiveFormatError(`its first line must name the schema ${CHANGES_SCHEMA} in version ${CHANGES_VERSION}`);
  }
  changes.forEach(({ sequence, event, at, row }, index) => {
    if (typeof sequence !== 'string' || !/^\d{1,40}$/.test(sequence) || typeof event !== 'string' || typeof at !== 'number'
      || typeof row !== 'object' || row === null) {
      throw new ArchiveFormatError(`line ${index + 2} must have sequence, event, at and row`);
    }
  });
  return { source: { stream: header.stream, shard: header.shard }, changes };
}

/** Place of a change in its shard, as text that sorts. */
export function sequenceOf(change: ArchivedChange): string {
  return comparableSequence(change.sequence);
}

function parseLine(line: string, index: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new ArchiveFormatError(`line ${index + 1} is not JSON`);
  }
}

function changedAttributes(before: Item, after: Item): Item {
  const changed: Record<string, Item[string]> = {};
  for (const [name, value] of Object.entries(before)) {
    if (JSON.stringify(value) !== JSON.stringify(after[name])) {
      changed[name] = value;
    }
  }
  return changed;
}
