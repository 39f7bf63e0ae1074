/** An answer of an HTTP/1.1 server. */
export interface HttpAnswer {
  readonly statusCode: number;
  /**
   * Value of a header without the spaces around it, several of them with commas between.
   *
   * @param name in lower case
   */
  header(name: string): string | undefined;
  /** The body, read as UTF-8. */
  readonly text: string;
  /** Whether another request may follow on the connection. */
  readonly keepsConnection: boolean;
}

/** What came is no answer of HTTP/1.1, or not all of one. */
export class MalformedAnswerError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'MalformedAnswerError';
  }
}

/** Longest head of an answer, or line within a body in chunks: more is none of a service. */
const MAXIMUM_HEAD_BYTES = 64 * 1_024;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?:[ \r]|$)/;
const DIGITS = /^\d{1,15}$/;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;|$)/;

/** How the end of the body is found: RFC 9112, section 6.3. */
type Framing = { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' } | { readonly kind: 'close' };

/**
 * Reads one answer from the pieces in which a connection delivers it: RFC 9112, without what a client never asks for (HEAD, CONNECT, Upgrade).
 *
 * One for each request. Nearly every answer of a service comes as one piece, head and body, and is read without a copy.
 */
export class HttpAnswerReader {
  /** What was read but does not yet make a whole head or chunk. */
  private pending: Buffer | undefined;
  private head: AnswerHead | undefined;
  private framing: Framing | undefined;
  private readonly body: Buffer[] = [];
  private bodyBytes = 0;
  /** Of a body in chunks: bytes that the chunk under way still lacks, its line end included. */
  private chunkLeft = 0;
  private readsTrailer = false;

  /**
   * @returns the answer, when this piece completes it; then the reader is done
   * @throws MalformedAnswerError
   */
  public push(piece: Buffer): HttpAnswer | undefined {
    if (this.framing !== undefined) {
      return this.readBody(piece);
    }
    let bytes = this.withPending(piece);
    for (;;) {
      const end = bytes.indexOf(END_OF_HEAD);
      if (end < 0) {
        this.keep(bytes);
        return undefined;
      }
      const head = new AnswerHead(bytes.toString('latin1', 0, end));
      bytes = bytes.subarray(end + END_OF_HEAD.length);
      // Answers of the class 1xx only announce the one that counts.
      if (head.statusCode >= 200) {
        this.head = head;
        this.framing = framingOf(head);
        return this.readBody(bytes);
      }
    }
  }

  /**
   * The server has closed the connection.
   *
   * @returns the answer, when that is what ends its body
   * @throws MalformedAnswerError when it is cut off
   */
  public end(): HttpAnswer {
    if (this.framing?.kind !== 'close') {
      throw new MalformedAnswerError('the connection was closed before the answer was complete');
    }
    return this.answer(false);
  }

  private readBody(bytes: Buffer): HttpAnswer | undefined {
    const framing = this.framing as Framing;
    if (framing.kind === 'chunked') {
      return this.readChunks(this.withPending(bytes));
    }
    this.take(bytes);
    if (framing.kind === 'close' || this.bodyBytes < framing.bytes) {
      return undefined;
    }
    if (this.bodyBytes > framing.bytes) {
      throw new MalformedAnswerError('the answer is longer than it says');
    }
    return this.answer(true);
  }

  private readChunks(bytes: Buffer): HttpAnswer | undefined {
    let rest = bytes;
    for (;;) {
      if (this.chunkLeft > 0) {
        if (this.chunkLeft > LINE_END.length) {
          const content = rest.subarray(0, this.chunkLeft - LINE_END.length);
          this.take(content);
          this.chunkLeft -= content.length;
          rest = rest.subarray(content.length);
        }
        if (this.chunkLeft > LINE_END.length || rest.length < LINE_END.length) {
          this.keep(rest);
          return undefined;
        }
        if (rest[0] !== LINE_END[0] || rest[1] !== LINE_END[1]) {
          throw new MalformedAnswerError('a chunk of the answer does not end where it should');
        }
        rest = rest.subarray(LINE_END.length);
        this.chunkLeft = 0;
      }
      const end = rest.indexOf(LINE_END);
      if (end < 0) {
        this.keep(rest);
        return undefined;
      }
      const line = rest.toString('latin1', 0, end);
      rest = rest.subarray(end + LINE_END.length);
      if (this.readsTrailer) {
        // Fields behind the last chunk mean nothing to us; an empty line ends them.
        if (line !== '') {
          continue;
        }
        if (rest.length > 0) {
          throw new MalformedAnswerError('the answer is longer than it says');
        }
        return this.answer(true);
      }
      const size = CHUNK_SIZE.exec(line);
      if (size === null) {
        throw new MalformedAnswerError('a chunk of the answer has no size');
      }
      const length = parseInt(size[1], 16);
      this.readsTrailer = length === 0;
      this.chunkLeft = length === 0 ? 0 : length + LINE_END.length;
    }
  }

  private answer(isFramed: boolean): HttpAnswer {
    const head = this.head as AnswerHead;
    const body = this.body.length === 1 ? this.body[0] : Buffer.concat(this.body, this.bodyBytes);
    const text = body.toString('utf8');
    return { statusCode: head.statusCode, header: (name) => head.header(name), text, keepsConnection: isFramed && keepsConnection(head) };
  }

  private take(bytes: Buffer): void {
    if (bytes.length > 0) {
      this.body.push(bytes);
      this.bodyBytes += bytes.length;
    }
  }

  private withPending(piece: Buffer): Buffer {
    const bytes = this.pending === undefined ? piece : Buffer.concat([this.pending, piece]);
    this.pending = undefined;
    return bytes;
  }

  private keep(bytes: Buffer): void {
    if (bytes.length > MAXIMUM_HEAD_BYTES) {
      throw new MalformedAnswerError(`the head of the answer is longer than ${MAXIMUM_HEAD_BYTES} bytes`);
    }
    this.pending = bytes.length === 0 ? undefined : bytes;
  }
}

/** Status line and headers. Headers are looked for when they are asked for: an answer has a dozen, and four matter. */
class AnswerHead {
  public readonly statusCode: number;
  public readonly isOld: boolean;
  private readonly folded: string;

  public constructor(private readonly content: string) {
    const status = STATUS_LINE.exec(content);
    if (status === null) {
      throw new MalformedAnswerError('the answer is not one of HTTP/1.1');
    }
    this.isOld = status[1] === '0';
    this.statusCode = Number(status[2]);
    this.folded = content.toLowerCase();
  }

  /** All values of a header in one, as RFC 9110, section 5.3, combines them. */
  public header(name: string): string | undefined {
    const start = `\r\n${name}:`;
    let value: string | undefined;
    for (let at = this.folded.indexOf(start); at >= 0; at = this.folded.indexOf(start, at + start.length)) {
      const end = this.content.indexOf('\r\n', at + start.length);
      const found = this.content.slice(at + start.length, end < 0 ? undefined : end).trim();
      value = value === undefined ? found : `${value}, ${found}`;
    }
    return value;
  }
}

function framingOf(head: AnswerHead): Framing {
  if (head.statusCode === 204 || head.statusCode === 304) {
    return { kind: 'length', bytes: 0 };
  }
  const coding = head.header('transfer-encoding');
  const length = head.header('content-length');
  if (coding !== undefined) {
    // Both at once is how answers are smuggled past an intermediary.
    if (coding.toLowerCase() !== 'chunked' || length !== undefined) {
      throw new MalformedAnswerError('the answer does not say where it ends');
    }
    return { kind: 'chunked' };
  }
  if (length === undefined) {
    return { kind: 'close' };
  }
  if (!DIGITS.test(length)) {
    throw new MalformedAnswerError('the answer does not say where it ends');
  }
  return { kind: 'length', bytes: Number(length) };
}

function keepsConnection(head: AnswerHead): boolean {
  const connection = head.header('connection')?.toLowerCase();
  return head.isOld ? connection === 'keep-alive' : connection !== 'close';
}
