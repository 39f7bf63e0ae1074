import { type Profiler, Session } from 'node:inspector/promises';

/**
 * Loaded ahead of a server that is measured (`node --require`): answers its parent what CPU time the process has taken so far, so that the
 * server itself is the one that is deployed, unchanged.
 */

/** What the parent sends. */
export const ASK_FOR_CPU = 'cpu';

/** What the parent sends to have what the main thread does sampled, and to get the samples. */
export const START_PROFILE = 'start-profile';
export const STOP_PROFILE = 'stop-profile';

/** What comes back for `STOP_PROFILE`. */
export interface ProfileAnswer {
  readonly profile: Profiler.Profile;
}

const SAMPLING_MICROSECONDS = 200;

/** What comes back for it, and for `START_PROFILE`. */
export interface CpuAnswer {
  /** User and system time of all threads since the process began. */
  readonly microseconds: number;
}

const session = new Session();

async function startProfile(): Promise<void> {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
  await session.post('Profiler.start');
}

function tellCpu(): void {
  const { user, system } = process.cpuUsage();
  process.send!({ microseconds: user + system } satisfies CpuAnswer);
}

process.on('message', (message) => {
  if (message === ASK_FOR_CPU) {
    tellCpu();
  } else if (message === START_PROFILE) {
    void startProfile().then(tellCpu);
  } else if (message === STOP_PROFILE) {
    void session.post('Profiler.stop').then(({ profile }) => process.send!({ profile } satisfies ProfileAnswer));
  }
});
process.on('disconnect', () => process.exit(0));
