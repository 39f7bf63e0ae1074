import * as fs from 'node:fs';
import { Session } from 'node:inspector/promises';

/** Time between two samples, in microseconds. */
const SAMPLING_INTERVAL = 200;

/** Does work and writes its CPU profile, over that of the work before. */
export async function profiled(file: string, work: () => Promise<void>): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL });
    await session.post('Profiler.start');
    await work();
    const { profile } = await session.post('Profiler.stop');
    fs.writeFileSync(file, JSON.stringify(profile));
  } finally {
    session.disconnect();
  }
}
