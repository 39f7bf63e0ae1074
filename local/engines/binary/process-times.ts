import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { promisify } from 'node:util';

/** Clock ticks a second in which Linux counts CPU time (`USER_HZ`): 100 on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;
const MICROSECONDS = 1_000_000;
const NANOSECONDS_PER_MICROSECOND = 1_000;

/** CPU time of one process since its start. */
export interface ProcessTimes {
  readonly pid: number;
  /** Its command line, or what it made of it. */
  readonly title: string;
  /** User and system time, in microseconds. */
  readonly microseconds: number;
  /** The same of its children that have ended; undefined where the platform does not tell. */
  readonly endedChildrenMicroseconds?: number;
}

/**
 * CPU time of a process and of its children, the process first: from `/proc` where there is one, else from `ps`.
 *
 * @returns undefined where neither tells, or the process is gone
 */
export async function familyTimes(pid: number): Promise<ProcessTimes[] | undefined> {
  const family = fs.existsSync('/proc/self/stat') ? fromProc(pid) : await fromPs(pid);
  return family?.[0]?.pid === pid ? family : undefined;
}

/**
 * CPU time of one process, as `/proc/PID/stat` tells of it: in whole hundredths of a second, which are lost where a process does little. Of its first
 * thread, which is often its only one, `/proc/PID/schedstat` tells in nanoseconds.
 *
 * @returns undefined where it is gone
 */
export function procTimes(pid: number): ProcessTimes | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command in parentheses may hold spaces: fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15);
    return {
      pid,
      title: fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      microseconds: Math.max(((user + system) * MICROSECONDS) / TICKS_PER_SECOND, firstThreadMicroseconds(pid)),
      endedChildrenMicroseconds: ((endedUser + endedSystem) * MICROSECONDS) / TICKS_PER_SECOND,
    };
  } catch {
    return undefined;
  }
}

/** @returns 0 where the system does not count it @see https://docs.kernel.org/scheduler/sched-stats.html */
function firstThreadMicroseconds(pid: number): number {
  try {
    return Math.floor(Number(fs.readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / NANOSECONDS_PER_MICROSECOND);
  } catch {
    return 0;
  }
}

/** Ids of the children of a process that are there, as `/proc` tells of them. */
export function procChildren(pid: number): number[] {
  try {
    return fs.readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter((text) => text.trim() !== '').map(Number));
  } catch {
    return [];
  }
}

function fromProc(pid: number): ProcessTimes[] {
  return [pid, ...procChildren(pid)].flatMap((it) => procTimes(it) ?? []);
}

async function fromPs(pid: number): Promise<ProcessTimes[] | undefined> {
  const listed = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,time=,command=']).catch(() => undefined);
  return listed === undefined ? undefined : psFamily(listed.stdout, pid);
}

/**
 * The family of a process in what `ps -A -o pid=,ppid=,time=,command=` prints: the process first.
 *
 * @param text lines such as ` 42  1  1:02.35 postgres: writer`
 */
export function psFamily(text: string, pid: number): ProcessTimes[] {
  const family = text.split('\n').flatMap((line) => {
    const [, id, parent, time, title] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const isFamily = id !== undefined && (Number(id) === pid || Number(parent) === pid);
    return isFamily ? [{ pid: Number(id), title: title.trim(), microseconds: psMicroseconds(time) }] : [];
  });
  return family.sort((one, other) => Number(other.pid === pid) - Number(one.pid === pid));
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
function psMicroseconds(time: string): number {
  const [clock, days] = time.split('-').reverse();
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days ?? 0) * 86_400 + seconds) * MICROSECONDS);
}
