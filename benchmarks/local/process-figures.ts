import * as fs from 'node:fs';
import * as path from 'node:path';
import { procChildren, procTimes } from '../../local/engines/binary/process-times';

/** One process at one moment. */
export interface ProcessFigures {
  readonly pid: number;
  /** What part of the run it is: `table host`, `table engine`, `function payment-worker`. */
  readonly name: string;
  /** CPU time since its start, in microseconds: user and system. */
  readonly cpuMicroseconds: number;
  /** Resident memory in bytes. */
  readonly residentBytes: number;
}

/**
 * All processes that descend from one, as `/proc` tells of them. One that ends while it is looked at is left out.
 *
 * @throws Error where there is no `/proc`
 */
export function descendants(pid: number): ProcessFigures[] {
  if (!fs.existsSync('/proc/self/stat')) {
    throw new Error('CPU and memory of other processes are read from /proc, which this platform does not have.');
  }
  return procChildren(pid).flatMap((child) => {
    const figures = read(child);
    return [...(figures ? [figures] : []), ...descendants(child)];
  });
}

/** Figures of one process, or undefined when it is gone. */
export function read(pid: number): ProcessFigures | undefined {
  try {
    const { microseconds } = procTimes(pid)!;
    const residentPages = Number(fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return {
      pid,
      name: nameOf(pid),
      cpuMicroseconds: microseconds,
      residentBytes: residentPages * 4096,
    };
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string {
  const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  // The last one: modules that are loaded before the program are named before it.
  const program = words.filter((word) => /(processes[/\\][a-z-]+\.[jt]s|index\.js)$/.test(word)).at(-1);
  if (program === undefined) {
    return path.basename(words[0]) === 'dynoxide' ? 'table engine' : path.basename(words[0]);
  }
  const entry = path.basename(program, path.extname(program));
  if (entry === 'execution-environment') {
    return `function ${variable(pid, 'AWS_LAMBDA_FUNCTION_NAME')}`;
  }
  return entry === 'index' ? 'API task' : entry.replaceAll('-', ' ');
}

function variable(pid: number, name: string): string | undefined {
  const entry = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').find((text) => text.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}
