import { ERROR } from '../protocol/error-codes';
import { type JoinRequest, joinRefused, type JoinResult, syncRefused, type SyncResult } from './group-messages';

/** A member of a group: what it said of itself, and which answer it waits for. */
export class GroupMember {
  /** What its leader gave it. */
  public assignment: Buffer = Buffer.alloc(0);
  private joinAnswer?: (result: JoinResult) => void;
  private syncAnswer?: (result: SyncResult) => void;
  private cancelExpiry?: () => void;

  constructor(public readonly id: string, public readonly clientId: string, private said: JoinRequest) {}

  get sessionMilliseconds(): number {
    return this.said.sessionTimeoutMs;
  }

  get rebalanceMilliseconds(): number {
    return this.said.rebalanceTimeoutMs;
  }

  get protocols(): JoinRequest['protocols'] {
    return this.said.protocols;
  }

  /** Name under which it comes back after a restart; undefined for a member that is not static. */
  get instance(): string | undefined {
    return this.said.groupInstanceId ?? undefined;
  }

  get isAwaitingJoin(): boolean {
    return this.joinAnswer !== undefined;
  }

  get isAwaitingSync(): boolean {
    return this.syncAnswer !== undefined;
  }

  /** What it says of itself under a protocol of dealing out. */
  metadata(protocol: string): Buffer {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? Buffer.alloc(0);
  }

  /** Whether it still says of itself what it said before. */
  saysTheSame({ protocols }: JoinRequest): boolean {
    return protocols.length === this.protocols.length
      && protocols.every(({ metadata, name }, index) => name === this.protocols[index].name && metadata.equals(this.protocols[index].metadata));
  }

  /** Waits for a round. Who asked before and got no answer asks on another connection: nobody waits for the first answer. */
  awaitJoin(request: JoinRequest, answer: (result: JoinResult) => void): void {
    this.answerJoin(joinRefused(ERROR.UNKNOWN_MEMBER_ID, this.id));
    this.said = request;
    this.joinAnswer = answer;
  }

  /** Waits for its part; as above. */
  awaitSync(answer: (result: SyncResult) => void): void {
    this.answerSync(syncRefused(ERROR.UNKNOWN_MEMBER_ID));
    this.syncAnswer = answer;
  }

  answerJoin(result: JoinResult): void {
    const answer = this.joinAnswer;
    this.joinAnswer = undefined;
    answer?.(result);
  }

  answerSync(result: SyncResult): void {
    const answer = this.syncAnswer;
    this.syncAnswer = undefined;
    answer?.(result);
  }

  /** Somebody else goes by its name now. */
  fence(): void {
    this.setExpiry(undefined);
    this.answerJoin(joinRefused(ERROR.FENCED_INSTANCE_ID, this.id));
    this.answerSync(syncRefused(ERROR.FENCED_INSTANCE_ID));
  }

  /** Replaces the timer that takes it for dead. */
  setExpiry(cancel: (() => void) | undefined): void {
    this.cancelExpiry?.();
    this.cancelExpiry = cancel;
  }
}
