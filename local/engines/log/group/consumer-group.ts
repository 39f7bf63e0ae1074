import type { Clock } from '../../../event-sources/clock';
import { ERROR, type ErrorCode } from '../protocol/error-codes';
import { AnnouncedIds } from './announced-ids';
import { GroupMember } from './group-member';
import { assigned, type JoinRequest, joinRefused, type JoinResult, NO_GENERATION, type SyncRequest, syncRefused, type SyncResult } from './group-messages';
import { chosenProtocol, commonProtocols } from './group-protocol';

/**
 * `empty`: nobody is in it. `joining`: it waits until all have said that they stay. `syncing`: its leader deals out. `stable`: each knows its part.
 */
export type GroupState = 'empty' | 'joining' | 'syncing' | 'stable';

export interface ConsumerGroupProps {
  readonly clock: Clock;
  /** Makes the id of a new member. */
  readonly newMemberId: (clientId: string) => string;
}

/**
 * A group of consumers by the classic protocol: who belongs to it, and the rounds in which its partitions are dealt out anew. What is dealt out, its
 * leader decides; the group passes it on. States and answers are those of Kafka's group coordinator. It knows no bytes and no connections: who asks
 * is answered by a callback, some at once, others when the round is over.
 */
export class ConsumerGroup {
  private readonly members = new Map<string, GroupMember>();
  private readonly announced = new AnnouncedIds();
  private current: GroupState = 'empty';
  private generation = 0;
  private leader?: string;
  private protocol: string | null = null;
  private protocolType?: string;
  private cancelRound?: () => void;
  private isPaused = false;

  constructor(private readonly props: ConsumerGroupProps) {}

  get state(): GroupState {
    return this.current;
  }

  get generationId(): number {
    return this.generation;
  }

  /** Whoever belongs to it, with what it said of itself. */
  get allMembers(): readonly GroupMember[] {
    return [...this.members.values()];
  }

  /**
   * Joins, or says in a new round that one stays. A new client is first told its id (KIP-394), unless it has a name of its own: then it takes the
   * place of who went by that before (KIP-345).
   */
  join(clientId: string, request: JoinRequest, answer: (result: JoinResult) => void): void {
    const { memberId, protocols } = request;
    const instance = request.groupInstanceId ?? undefined;
    const standing = instance === undefined ? undefined : this.called(instance);
    const isKnown = memberId === '' || this.members.has(memberId) || this.announced.has(memberId);
    if (memberId !== '' && standing !== undefined && standing.id !== memberId) {
      answer(joinRefused(ERROR.FENCED_INSTANCE_ID, memberId));
    } else if (!isKnown) {
      answer(joinRefused(ERROR.UNKNOWN_MEMBER_ID, memberId));
    } else if (protocols.length === 0 || !this.agrees(request)) {
      answer(joinRefused(ERROR.INCONSISTENT_GROUP_PROTOCOL, memberId));
    } else if (memberId === '' && standing !== undefined) {
      this.takePlaceOf(standing, clientId, request, answer);
    } else if (memberId === '' && instance !== undefined) {
      this.admit(this.enter(this.props.newMemberId(clientId), clientId, request), false, request, answer);
    } else if (memberId === '') {
      answer(joinRefused(ERROR.MEMBER_ID_REQUIRED, this.announce(clientId, request.sessionTimeoutMs)));
    } else {
      const member = this.members.get(memberId);
      this.admit(member ?? this.enter(memberId, clientId, request), member !== undefined, request, answer);
    }
  }

  /** Asks for one's part; the leader brings the parts of all. */
  sync(request: SyncRequest, answer: (result: SyncResult) => void): void {
    const { assignments, generationId, groupInstanceId, memberId, protocolName } = request;
    const member = this.members.get(memberId);
    const refusal = this.refusal(memberId, generationId, groupInstanceId) ?? this.syncRefusal(protocolName);
    if (member === undefined || refusal !== undefined) {
      answer(syncRefused(refusal ?? ERROR.UNKNOWN_MEMBER_ID));
      return;
    }
    this.heard(member);
    if (this.current === 'stable') {
      answer(assigned(member.assignment));
      return;
    }
    member.awaitSync(answer);
    if (memberId === this.leader) {
      const parts = new Map(assignments.map((each) => [each.memberId, each.assignment]));
      this.current = 'stable';
      this.cancelRound?.();
      this.members.forEach((each) => {
        // A copy: what came is a part of a request.
        each.assignment = Buffer.from(parts.get(each.id) ?? []);
        this.answerSync(each, assigned(each.assignment));
      });
    }
  }

  /** A word of a member. */
  heartbeat(memberId: string, generationId: number, groupInstanceId?: string | null): ErrorCode {
    const refusal = this.refusal(memberId, generationId, groupInstanceId);
    if (refusal !== undefined) {
      return refusal;
    }
    this.heard(this.members.get(memberId)!);
    return this.current === 'joining' ? ERROR.REBALANCE_IN_PROGRESS : ERROR.NONE;
  }

  /** Whether offsets may be committed, and a word of the member if so. Who is no member may do so while nobody is: a tool sets them back. */
  commitRefusal(memberId: string, generationId: number, groupInstanceId?: string | null): ErrorCode {
    if (generationId === NO_GENERATION && memberId === '' && this.current === 'empty') {
      return ERROR.NONE;
    }
    const refusal = this.refusal(memberId, generationId, groupInstanceId);
    if (refusal !== undefined) {
      return refusal;
    }
    this.heard(this.members.get(memberId)!);
    return this.current === 'syncing' ? ERROR.REBALANCE_IN_PROGRESS : ERROR.NONE;
  }

  leave(memberId: string): ErrorCode {
    if (this.announced.has(memberId)) {
      this.announced.forget(memberId);
      this.finishRoundIfAllJoined();
      return ERROR.NONE;
    }
    const member = this.members.get(memberId);
    if (member === undefined) {
      return ERROR.UNKNOWN_MEMBER_ID;
    }
    this.remove(member);
    return ERROR.NONE;
  }

  /** Takes nobody for dead until `resume`: nothing of the members can be heard. */
  pause(): void {
    this.isPaused = true;
    this.members.forEach((member) => member.setExpiry(undefined));
  }

  /** Begins each session anew, as a coordinator does that takes a group over. */
  resume(): void {
    this.isPaused = false;
    this.members.forEach((member) => this.heard(member));
  }

  /** Forgets all timers. */
  close(): void {
    this.cancelRound?.();
    this.announced.close();
    this.members.forEach((member) => member.setExpiry(undefined));
  }

  private admit(member: GroupMember, wasMember: boolean, request: JoinRequest, answer: (result: JoinResult) => void): void {
    const isSettled = this.current === 'syncing' || (this.current === 'stable' && member.id !== this.leader);
    if (wasMember && isSettled && member.saysTheSame(request)) {
      // It did not get the answer before, or asks needlessly: nothing has changed.
      this.heard(member);
      answer(this.joined(member));
      return;
    }
    member.awaitJoin(request, answer);
    member.setExpiry(undefined);
    this.dealAnew();
  }

  /**
   * Has a static member go on under a new id, with the part of the one that it replaces. Nothing is dealt out anew for it where the others know
   * theirs: who restarts within its session stops nobody.
   */
  private takePlaceOf(before: GroupMember, clientId: string, request: JoinRequest, answer: (result: JoinResult) => void): void {
    const member = new GroupMember(this.props.newMemberId(clientId), clientId, request);
    member.assignment = before.assignment;
    before.fence();
    this.members.delete(before.id);
    this.members.set(member.id, member);
    if (this.leader === before.id) {
      this.leader = member.id;
    }
    if (this.current === 'stable' && chosenProtocol(this.allMembers) === this.protocol) {
      this.heard(member);
      answer({ ...this.joined(member), skipAssignment: member.id === this.leader });
    } else {
      this.admit(member, false, request, answer);
    }
  }

  private enter(memberId: string, clientId: string, request: JoinRequest): GroupMember {
    this.announced.forget(memberId);
    const member = new GroupMember(memberId, clientId, request);
    this.members.set(memberId, member);
    this.protocolType ??= request.protocolType;
    this.leader ??= memberId;
    return member;
  }

  private beginRound(): void {
    if (this.current === 'joining') {
      return;
    }
    this.members.forEach((member) => {
      member.assignment = Buffer.alloc(0);
      this.answerSync(member, syncRefused(ERROR.REBALANCE_IN_PROGRESS));
    });
    this.current = 'joining';
    this.setRound(() => this.finishRound());
  }

  private finishRoundIfAllJoined(): void {
    if (this.current === 'joining' && this.announced.isEmpty && this.allMembers.every(({ isAwaitingJoin }) => isAwaitingJoin)) {
      this.finishRound();
    }
  }

  /** Goes on with those that said that they stay. */
  private finishRound(): void {
    this.cancelRound?.();
    for (const member of this.allMembers.filter(({ isAwaitingJoin }) => !isAwaitingJoin)) {
      this.drop(member);
    }
    this.generation += 1;
    if (this.members.size === 0) {
      this.current = 'empty';
      this.protocol = null;
      this.protocolType = undefined;
      return;
    }
    this.current = 'syncing';
    this.protocol = chosenProtocol(this.allMembers);
    this.setRound(() => this.dropSilent());
    for (const member of this.allMembers) {
      this.heard(member);
      member.answerJoin(this.joined(member));
    }
  }

  /** Those that joined and did not ask for their part in time are gone. */
  private dropSilent(): void {
    this.allMembers.filter(({ isAwaitingSync }) => !isAwaitingSync).forEach((member) => this.drop(member));
    this.dealAnew();
  }

  private joined(member: GroupMember): JoinResult {
    const protocol = this.protocol!;
    return {
      errorCode: ERROR.NONE,
      generationId: this.generation,
      protocolName: protocol,
      leader: this.leader!,
      memberId: member.id,
      members: member.id !== this.leader ? [] : this.allMembers.map((each) => ({
        memberId: each.id, groupInstanceId: each.instance ?? null, metadata: each.metadata(protocol),
      })),
      skipAssignment: false,
    };
  }

  private remove(member: GroupMember): void {
    this.drop(member);
    this.dealAnew();
  }

  private dealAnew(): void {
    if (this.members.size > 0) {
      this.beginRound();
      this.finishRoundIfAllJoined();
    } else {
      this.finishRound();
    }
  }

  private drop(member: GroupMember): void {
    member.setExpiry(undefined);
    this.members.delete(member.id);
    if (this.leader === member.id) {
      // Rather one that is there for sure.
      this.leader = (this.allMembers.find(({ isAwaitingJoin }) => isAwaitingJoin) ?? this.allMembers[0])?.id;
    }
    member.answerJoin(joinRefused(ERROR.UNKNOWN_MEMBER_ID, member.id));
    member.answerSync(syncRefused(ERROR.UNKNOWN_MEMBER_ID));
  }

  /** Begins its session anew. Who waits for an answer is heard until it has it. */
  private heard(member: GroupMember): void {
    member.setExpiry(this.isPaused ? undefined : this.props.clock.setTimer(() => {
      if (!member.isAwaitingJoin && !member.isAwaitingSync) {
        this.remove(member);
      }
    }, member.sessionMilliseconds));
  }

  private answerSync(member: GroupMember, result: SyncResult): void {
    if (member.isAwaitingSync) {
      this.heard(member);
      member.answerSync(result);
    }
  }

  private announce(clientId: string, sessionMilliseconds: number): string {
    const memberId = this.props.newMemberId(clientId);
    this.announced.add(memberId, this.props.clock.setTimer(() => {
      this.announced.forget(memberId);
      this.finishRoundIfAllJoined();
    }, sessionMilliseconds));
    return memberId;
  }

  /** The static member of a name. */
  private called(instance: string): GroupMember | undefined {
    return this.allMembers.find((member) => member.instance === instance);
  }

  /** Waits as long as the slowest member may take. */
  private setRound(over: () => void): void {
    this.cancelRound?.();
    this.cancelRound = this.props.clock.setTimer(over, Math.max(...this.allMembers.map(({ rebalanceMilliseconds }) => rebalanceMilliseconds)));
  }

  private refusal(memberId: string, generationId: number, instance?: string | null): ErrorCode | undefined {
    const standing = instance === undefined || instance === null ? undefined : this.called(instance);
    if (standing !== undefined && standing.id !== memberId) {
      return ERROR.FENCED_INSTANCE_ID;
    }
    if (!this.members.has(memberId)) {
      return ERROR.UNKNOWN_MEMBER_ID;
    }
    return generationId === this.generation ? undefined : ERROR.ILLEGAL_GENERATION;
  }

  private syncRefusal(protocolName: string | null): ErrorCode | undefined {
    if (this.current === 'joining') {
      return ERROR.REBALANCE_IN_PROGRESS;
    }
    return protocolName !== null && protocolName !== this.protocol ? ERROR.INCONSISTENT_GROUP_PROTOCOL : undefined;
  }

  /** Whether there is a protocol that all know, the one who asks too. */
  private agrees({ memberId, protocols, protocolType }: JoinRequest): boolean {
    const others = this.allMembers.filter(({ id }) => id !== memberId);
    return others.length === 0 || (protocolType === this.protocolType && commonProtocols([{ protocols }, ...others]).length > 0);
  }
}
