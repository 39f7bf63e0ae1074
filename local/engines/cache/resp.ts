/** What a command is answered: a status, a text, a whole number, nothing, a list of those, or an error. */
export type Reply = { readonly status: string } | { readonly error: string } | string | number | null | readonly Reply[];

const LINE_END = '\r\n';

/** Writes a reply in the protocol of Redis, version 2. */
export function encodeReply(reply: Reply): string {
  if (reply === null) {
    return `$-1${LINE_END}`;
  }
  if (typeof reply === 'string') {
    return `$${Buffer.byteLength(reply)}${LINE_END}${reply}${LINE_END}`;
  }
  if (typeof reply === 'number') {
    return `:${reply}${LINE_END}`;
  }
  if (isList(reply)) {
    return `*${reply.length}${LINE_END}${reply.map(encodeReply).join('')}`;
  }
  return 'error' in reply ? `-${reply.error}${LINE_END}` : `+${reply.status}${LINE_END}`;
}

function isList(reply: Reply): reply is readonly Reply[] {
  return Array.isArray(reply);
}

/** The bytes are no command. */
export class ProtocolError extends Error {}

/** Longest command, in bytes: far more than anything that is sent here. */
const MAXIMUM_BYTES = 16 * 1024 * 1024;

/** Takes commands out of what arrives on a connection: lists of texts, each with its length. */
export class CommandReader {
  private pending: Buffer = Buffer.alloc(0);

  /** Commands that are complete by now. @throws ProtocolError for what is no command */
  read(chunk: Buffer): string[][] {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const commands: string[][] = [];
    let offset = 0;
    for (;;) {
      const command = readCommand(this.pending, offset);
      if (command === undefined) {
        break;
      }
      commands.push(command.words);
      offset = command.end;
    }
    this.pending = this.pending.subarray(offset);
    if (this.pending.length > MAXIMUM_BYTES) {
      throw new ProtocolError('too long');
    }
    return commands;
  }
}

interface Command {
  readonly words: string[];
  /** Behind its last byte. */
  readonly end: number;
}

function readCommand(bytes: Buffer, start: number): Command | undefined {
  const count = readHead(bytes, start, '*');
  if (count === undefined) {
    return undefined;
  }
  const words: string[] = [];
  let position = count.end;
  for (let index = 0; index < count.value; index++) {
    const length = readHead(bytes, position, '$');
    if (length === undefined || length.end + length.value + LINE_END.length > bytes.length) {
      return undefined;
    }
    words.push(bytes.toString('utf8', length.end, length.end + length.value));
    position = length.end + length.value + LINE_END.length;
  }
  return { words, end: position };
}

/** A line with a sign and a number. */
function readHead(bytes: Buffer, start: number, sign: string): { readonly value: number; readonly end: number } | undefined {
  const end = bytes.indexOf(LINE_END, start);
  if (end < 0) {
    return undefined;
  }
  const line = bytes.toString('latin1', start, end);
  if (!/^[*$]\d{1,9}$/.test(line) || line[0] !== sign) {
    throw new ProtocolError(`expected ${sign} and a number`);
  }
  return { value: Number(line.slice(1)), end: end + LINE_END.length };
}
