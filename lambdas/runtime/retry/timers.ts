/** Things that happen once, later, as a port, so that tests and simulations can own them. */
export interface Timers {
  /** Runs something after a while, in milliseconds. @returns what takes it back */
  after(milliseconds: number, run: () => void): () => void;
}

/**
 * The timers of this machine. They keep no process alive. What has arrived while the process was busy is looked at before a timer that came due
 * meanwhile: where it was this process that was late, the answer is there by now.
 */
export const systemTimers: Timers = {
  after(milliseconds, run) {
    let immediate: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => { immediate = setImmediate(run); }, milliseconds).unref();
    return () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
  },
};
