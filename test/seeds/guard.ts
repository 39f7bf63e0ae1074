import crypto from 'node:crypto';
import timers from 'node:timers';
import promises from 'node:timers/promises';

/**
 * Watches the ways past the ports of a simulation: the machine's clock, its timers and its randomness. While a seed runs each use of them
 * throws and is counted, because a run that depends on them cannot be repeated.
 *
 * This module has to be loaded before the code under test, which may keep a reference such as `Date.now` when it is loaded itself.
 */

let armed = false;
let uses: string[] = [];

type Watched = Record<string, (...parameters: never[]) => unknown>;

function watch(holder: object, name: string, path: string): void {
  const original = (holder as Watched)[name];
  const guarded = Object.assign(function guarded(this: unknown, ...parameters: never[]): unknown {
    if (armed) {
      uses.push(path);
      throw new Error(`${path} was used past the ports of the simulation`);
    }
    return original.apply(this, parameters);
  }, original);
  Object.defineProperty(holder, name, { value: guarded, configurable: true, writable: true });
}

watch(Date, 'now', 'Date.now');
watch(Math, 'random', 'Math.random');
watch(performance, 'now', 'performance.now');
for (const name of ['setTimeout', 'setInterval']) {
  watch(globalThis, name, name);
  watch(timers, name, `timers.${name}`);
}
for (const name of ['setTimeout', 'setInterval']) {
  watch(promises, name, `timers/promises.${name}`);
}
for (const name of ['randomBytes', 'randomUUID', 'randomInt']) {
  watch(crypto, name, `crypto.${name}`);
}

/** Arms the guard. @returns disarms it, and tells what was used meanwhile. */
export function armGuard(): () => readonly string[] {
  armed = true;
  uses = [];
  return () => {
    armed = false;
    return uses;
  };
}
