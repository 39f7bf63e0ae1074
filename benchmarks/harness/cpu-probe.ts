/**
 * Loaded ahead of a server that is measured (`node --require`): answers its parent what CPU time the process has taken so far, so that the
 * server itself is the one that is deployed, unchanged.
 */

/** What the parent sends. */
export const ASK_FOR_CPU = 'cpu';

/** What comes back. */
export interface CpuAnswer {
  /** User and system time of all threads since the process began. */
  readonly microseconds: number;
}

process.on('message', (message) => {
  if (message === ASK_FOR_CPU) {
    const { user, system } = process.cpuUsage();
    process.send!({ microseconds: user + system } satisfies CpuAnswer);
  }
});
process.on('disconnect', () => process.exit(0));
