import { connect, type Socket } from 'node:net';
import { FrameSplitter } from '../../../../local/engines/log/protocol/frame-splitter';
import { API, type ApiName, type RequestOf, type ResponseOf } from '../../../../local/engines/log/protocol/messages';
import { WireReader } from '../../../../local/engines/log/protocol/wire-reader';
import { WireWriter } from '../../../../local/engines/log/protocol/wire-writer';

const MAXIMUM_BYTES = 100_000_000;

/** Says what the client of this kit never says. */
export class RawClient {
  static async connect(port: number, clientId = 'raw'): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    return new RawClient(socket, clientId);
  }

  /** Settles when the connection is gone. */
  readonly closed: Promise<void>;
  private readonly splitter = new FrameSplitter(MAXIMUM_BYTES);
  private readonly answers = new Map<number, (frame: Buffer) => void>();
  private correlationId = 0;

  private constructor(private readonly socket: Socket, private readonly clientId: string) {
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.splitter.push(chunk).forEach((frame) => this.answers.get(frame.readInt32BE())!(frame.subarray(4))));
  }

  close(): void {
    this.socket.destroy();
  }

  /** Sends bytes as they are. */
  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** Calls and reads the answer. Undefined where the connection closes before there is one. */
  async call<Name extends ApiName>(name: Name, request: RequestOf<Name>): Promise<ResponseOf<Name>> {
    const { key, response, version } = API[name];
    const reader = new WireReader(await this.callRaw(key, version, (writer) => API[name].request.write(writer, request as never)));
    if (name !== 'ApiVersions') {
      reader.int8();
    }
    return response.read(reader) as ResponseOf<Name>;
  }

  /** Calls, whether or not there is such a call. @returns the answer behind its correlation id */
  callRaw(apiKey: number, apiVersion: number, body: (writer: WireWriter) => void): Promise<Buffer> {
    const correlationId = ++this.correlationId;
    const writer = new WireWriter();
    writer.int16(apiKey);
    writer.int16(apiVersion);
    writer.int32(correlationId);
    writer.int16(Buffer.byteLength(this.clientId));
    writer.bytes(Buffer.from(this.clientId));
    writer.unsignedVarint(0);
    body(writer);
    const answer = new Promise<Buffer>((resolve) => this.answers.set(correlationId, resolve));
    writer.framed().forEach((piece) => this.socket.write(piece));
    return answer;
  }
}
