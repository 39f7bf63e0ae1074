import { crc32 } from 'node:zlib';

/** A file of an archive. */
export interface ArchivedFile {
  /** Path in the archive, with slashes. */
  readonly name: string;
  readonly bytes: Buffer;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
/** Version 2.0: folders, no more is used. */
const VERSION = 20;
/** Names are UTF-8. */
const UTF_8 = 0x0800;
/** 1 January 1980, the first day of the format: the same files give the same bytes at any time. */
const DATE = 0x0021;
const MODE = 0o100644 * 0x10000;
/** Written by a Unix, so that the mode counts. */
const UNIX = 3 << 8;

/**
 * A zip archive with the files as they are: what is large in it is a JAR, which is compressed already.
 *
 * @param files in the order in which they shall lie, 65,535 and 4 GiB at most
 */
export function zipArchive(files: readonly ArchivedFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const path = Buffer.from(name, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(UTF_8, 2);
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    parts.push(signature(LOCAL_HEADER), common, path, bytes);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(MODE, 6);
    entry.writeUInt32LE(offset, 10);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(UNIX | VERSION, 0);
    directory.push(signature(CENTRAL_HEADER), madeBy, common, entry, path);
    offset += 4 + common.length + path.length + bytes.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, signature(END_OF_DIRECTORY), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}
