import type { AlarmOptions } from '../observability/alarm-set';

/** The options of alarms for a part that has those of some names. */
export function onlyAlarms(names: readonly string[], options?: AlarmOptions): AlarmOptions | undefined {
  return part(options, (name) => names.includes(name));
}

/** The options of alarms for a part that has all but those of some names. What nobody knows stays here, so that it is refused. */
export function otherAlarms(names: readonly string[], options?: AlarmOptions): AlarmOptions | undefined {
  return part(options, (name) => !names.includes(name));
}

function part(options: AlarmOptions | undefined, takes: (name: string) => boolean): AlarmOptions | undefined {
  return options && { ...options, overrides: Object.fromEntries(Object.entries(options.overrides ?? {}).filter(([name]) => takes(name))) };
}
