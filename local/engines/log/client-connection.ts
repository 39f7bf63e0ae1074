import type { Socket } from 'node:net';
import type { KafkaFaults, TakenKill } from './kafka-faults';
import type { Caller, Operations } from './operations/caller';
import { ERROR } from './protocol/error-codes';
import { FrameSplitter } from './protocol/frame-splitter';
import { API, type ApiName, FIRST_API_VERSIONS, type RequestOf, type ResponseOf, SPOKEN } from './protocol/messages';
import { readHeader, type RequestHeader } from './protocol/request-header';
import { MalformedRequestError, WireReader } from './protocol/wire-reader';
import { WireWriter } from './protocol/wire-writer';

/** Requests that wait on one connection; behind so many no more are read from it. */
const WAITING_REQUESTS = 8;

export interface ClientConnectionProps {
  readonly socket: Socket;
  readonly operations: Operations<ApiName>;
  readonly faults: KafkaFaults;
  /** Of the largest request. */
  readonly maximumRequestBytes: number;
  /** Called for each request. */
  readonly onRequest: (name: ApiName) => void;
}

/**
 * A connection of a client. Its requests are carried out one after the other, each when the one before it was answered, as brokers do; one that
 * cannot be understood ends the connection.
 */
export class ClientConnection {
  private readonly waiting: Buffer[] = [];
  private readonly splitter: FrameSplitter;
  private readonly closing = new AbortController();
  private current?: ApiName;
  private isBusy = false;
  private isGoingOn = false;
  /** Set where the client is to be killed: no answer leaves before it is known whether it was. */
  private blocked?: Promise<boolean>;

  constructor(private readonly props: ClientConnectionProps) {
    const { socket } = props;
    this.splitter = new FrameSplitter(props.maximumRequestBytes);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.closing.abort());
  }

  /** Whether something is being stored for it. */
  get isProducing(): boolean {
    return this.current === 'Produce';
  }

  close(): void {
    this.props.socket.destroy();
  }

  private take(chunk: Buffer): void {
    try {
      this.waiting.push(...this.splitter.push(chunk));
      if (this.waiting.length > WAITING_REQUESTS) {
        this.props.socket.pause();
      }
      this.goOn();
    } catch (error) {
      this.fail(error);
    }
  }

  private goOn(): void {
    if (this.isGoingOn) {
      return;
    }
    this.isGoingOn = true;
    while (!this.isBusy && this.waiting.length > 0 && !this.closing.signal.aborted) {
      this.isBusy = true;
      this.serve(this.waiting.shift()!);
    }
    this.isGoingOn = false;
    if (this.waiting.length === 0 && this.props.socket.isPaused()) {
      this.props.socket.resume();
    }
  }

  private serve(frame: Buffer): void {
    const reader = new WireReader(frame);
    const header = readHeader(reader);
    const { faults, onRequest } = this.props;
    if (faults.refusesCall()) {
      this.close();
      return;
    }
    onRequest(header.name);
    this.current = header.name;
    if (!header.isSpoken) {
      this.answerVersions(header);
      return;
    }
    const kill = takenBefore(header.name, faults);
    const request = API[header.name].request.read(reader);
    if (kill === undefined) {
      this.run(header, request);
    } else {
      this.unlessKilled(kill, header, () => this.run(header, request));
    }
  }

  private run(header: RequestHeader, request: unknown): void {
    const { clientId, name } = header;
    const caller: Caller = { clientId, isGone: () => this.closing.signal.aborted };
    // Each call goes with its own request and answer, which a name that is not known yet cannot say.
    const operation = this.props.operations[name] as (request: unknown, caller: Caller, answer: (response: unknown) => void) => void;
    const isAnswered = name !== 'Produce' || (request as RequestOf<'Produce'>).acks !== 0;
    operation(request, caller, (response) => (isAnswered ? this.answered(header, response) : this.isDone()));
  }

  private answered(header: RequestHeader, response: unknown): void {
    const { faults } = this.props;
    if (header.name === 'Produce') {
      const kill = faults.take('produce', 'after-effects');
      if (kill !== undefined) {
        this.unlessKilled(kill, header, () => this.send(header, response));
        return;
      }
      if (faults.losesAnswer()) {
        this.close();
        return;
      }
    }
    this.send(header, response);
    if (header.name === 'Fetch' && hasRecords(response as ResponseOf<'Fetch'>)) {
      this.killSoon(header);
    }
  }

  /** Kills the client in the middle of its work with what it has just got. */
  private killSoon({ clientId }: RequestHeader): void {
    const { faults } = this.props;
    const kill = faults.take('consume', 'inside');
    if (kill !== undefined) {
      faults.soon(kill, this.closing.signal, () => {
        this.blocked = faults.hold(kill, clientId, this.closing.signal);
      });
    }
  }

  private unlessKilled(kill: TakenKill, { clientId }: RequestHeader, goOn: () => void): void {
    void this.props.faults.hold(kill, clientId, this.closing.signal).then((goesOn) => goesOn && this.guarded(goOn));
  }

  private answerVersions({ correlationId }: RequestHeader): void {
    const writer = new WireWriter();
    writer.int32(correlationId);
    FIRST_API_VERSIONS.write(writer, { errorCode: ERROR.UNSUPPORTED_VERSION, apiKeys: SPOKEN });
    this.write(writer.framed());
  }

  private send({ correlationId, name }: RequestHeader, response: unknown): void {
    const writer = new WireWriter();
    writer.int32(correlationId);
    if (name !== 'ApiVersions') {
      // The header of that answer never changes, so that clients of any age can read it.
      writer.unsignedVarint(0);
    }
    API[name].response.write(writer, response as never);
    this.write(writer.framed());
  }

  private write(pieces: readonly Buffer[]): void {
    if (this.blocked !== undefined) {
      const { blocked } = this;
      this.blocked = undefined;
      void blocked.then((goesOn) => goesOn && this.guarded(() => this.write(pieces)));
      return;
    }
    const { socket } = this.props;
    socket.cork();
    let hasRoom = true;
    for (const piece of pieces) {
      hasRoom = socket.write(piece);
    }
    socket.uncork();
    if (hasRoom) {
      this.isDone();
    } else {
      // A client that does not read gets no more.
      socket.once('drain', () => this.isDone());
    }
  }

  private isDone(): void {
    this.current = undefined;
    this.isBusy = false;
    // Guarded: it may be called out of what another client's call has led to.
    this.guarded(() => this.goOn());
  }

  private guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (!(error instanceof MalformedRequestError)) {
      throw error;
    }
    this.close();
  }
}

function takenBefore(name: ApiName, faults: KafkaFaults): TakenKill | undefined {
  switch (name) {
    case 'Produce': return faults.take('produce', 'inside');
    case 'OffsetCommit': return faults.take('consume', 'after-effects');
    default: return undefined;
  }
}

function hasRecords({ topics }: ResponseOf<'Fetch'>): boolean {
  return topics.some(({ partitions }) => partitions.some(({ records }) => records.length > 0));
}
