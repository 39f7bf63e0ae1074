import { IncomingMessage } from 'node:http';
import { HttpProblem } from './problem';

/** The client went away before its request was complete. There is nobody to answer. */
export class ClientGoneError extends Error {
  public constructor() {
    super('the client closed the connection before its request was complete');
    this.name = 'ClientGoneError';
  }
}

export interface BodyReaderOptions {
  /** Bytes of all bodies that are being received, at most. A request beyond is answered 503. @default 64 MiB */
  readonly maximumBytesInFlight?: number;
  /**
   * How much of a body that is too large is read and thrown away, so that a client that writes its whole request before
   * it reads gets its answer and keeps its connection. Beyond, the connection is closed. @default 8 MiB
   */
  readonly maximumDiscardedBytes?: number;
}

/** Receives request bodies in bounded memory. */
export class BodyReader {
  private readonly maximumBytesInFlight: number;
  private readonly maximumDiscardedBytes: number;
  private bytesInFlight = 0;

  public constructor(options: BodyReaderOptions = {}) {
    this.maximumBytesInFlight = options.maximumBytesInFlight ?? 64 * 1024 * 1024;
    this.maximumDiscardedBytes = options.maximumDiscardedBytes ?? 8 * 1024 * 1024;
  }

  /**
   * @param maximumBytes length of the body at most
   * @param onReceived is called once it is complete
   * @throws HttpProblem 413 when it is longer, 503 when too many bodies are being received
   * @throws ClientGoneError when it ends before it is complete
   */
  public read(request: IncomingMessage, maximumBytes: number, onReceived?: () => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let chunks: Buffer[] = [];
      let kept = 0;
      let received = 0;
      let isComplete = false;
      let refusal = declaredLength(request) > maximumBytes ? tooLarge(maximumBytes) : undefined;
      const release = (): void => {
        this.bytesInFlight -= kept;
        kept = 0;
        chunks = [];
      };
      const refuse = (problem: HttpProblem): void => {
        refusal ??= problem;
        release();
      };
      request.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > maximumBytes + this.maximumDiscardedBytes) {
          request.pause();
          reject(new HttpProblem(413, tooLarge(maximumBytes).details, { connection: 'close' }));
        } else if (received > maximumBytes) {
          refuse(tooLarge(maximumBytes));
        } else if (refusal === undefined && this.bytesInFlight + chunk.length > this.maximumBytesInFlight) {
          refuse(new HttpProblem(503, { detail: 'Too many requests are being received.' }, { 'retry-after': '1' }));
        } else if (refusal === undefined) {
          chunks.push(chunk);
          kept += chunk.length;
          this.bytesInFlight += chunk.length;
        }
      });
      request.on('end', () => {
        isComplete = true;
        onReceived?.();
        const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
        release();
        if (refusal === undefined) {
          resolve(body);
        } else {
          reject(refusal);
        }
      });
      // It comes for every request, once all that else can come has come, and without anybody listening to errors it is all that tells of one.
      request.on('close', () => {
        // An error costs more to make than all else that is done here.
        if (!isComplete) {
          release();
          reject(new ClientGoneError());
        }
      });
    });
  }
}

function declaredLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

function tooLarge(maximumBytes: number): HttpProblem {
  return new HttpProblem(413, { detail: `The body must be at most ${maximumBytes} bytes long.`, field: '' });
}
