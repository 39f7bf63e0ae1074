/** Ids that were given out and not yet come back with. See KIP-394. */
export class AnnouncedIds {
  /** By id, what calls off that it is forgotten. */
  private readonly waiting = new Map<string, () => void>();

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  has(memberId: string): boolean {
    return this.waiting.has(memberId);
  }

  /** @param cancel of the timer that forgets it */
  add(memberId: string, cancel: () => void): void {
    this.waiting.set(memberId, cancel);
  }

  forget(memberId: string): void {
    this.waiting.get(memberId)?.();
    this.waiting.delete(memberId);
  }

  /** Forgets all of them. */
  close(): void {
    [...this.waiting.keys()].forEach((memberId) => this.forget(memberId));
  }
}
