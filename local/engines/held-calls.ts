/** Calls that are held until their caller is gone, or until they are let go on. */
export class HeldCalls {
  /** Lets the calls go on that are held. */
  private readonly releases = new Set<() => void>();

  /**
   * Holds a call.
   *
   * @param closed aborts when the caller's connection closes
   * @param held called when the call is held: whoever made it is to be killed now. Not called for one that went by itself before
   * @param gone called when the caller went while its call was held
   * @returns true where the call is to go on, because nobody killed its caller
   */
  hold(closed: AbortSignal, held: () => void, gone: () => void): Promise<boolean> {
    return new Promise((resolve) => {
      if (closed.aborted) {
        resolve(false);
        return;
      }
      const end = (goesOn: boolean): void => {
        this.releases.delete(release);
        closed.removeEventListener('abort', left);
        resolve(goesOn);
      };
      const release = (): void => end(true);
      const left = (): void => {
        gone();
        end(false);
      };
      this.releases.add(release);
      closed.addEventListener('abort', left, { once: true });
      held();
    });
  }

  /** Lets all go on. */
  releaseAll(): void {
    this.releases.forEach((release) => release());
  }
}
