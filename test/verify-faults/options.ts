import { parseArgs } from 'node:util';
import { faultNamed, FAULTS, type FaultName } from '../../local/faults';
import { lanesOfThisMachine } from '../support/lanes';

const PROFILES = ['serverless', 'kubernetes'] as const;
export type Profile = (typeof PROFILES)[number];

/** What `npm run verify:faults` is asked for. */
export interface VerifyFaultsOptions {
  /** Length of the load of a run with one fault; every fault strikes within ten seconds. @default 30 */
  readonly seconds: number;
  /** Length of the load of a run with all of them; 0 leaves these runs out. @default 120 */
  readonly togetherSeconds: number;
  /** Seeds with which all faults run together. @default 3 */
  readonly seeds: number;
  /** Payments per second of the load. @default 300 - low enough for a small machine to drain in time */
  readonly rate: number;
  /** Faults that run alone. @default - every one that the profile has a part for */
  readonly only: readonly FaultName[];
  /** Profile of the reference. @default 'serverless' */
  readonly profile: Profile;
  /** Runs at a time. @default - one more than this machine has cores, at most 4 */
  readonly lanes: number;
}

const NUMBERS = {
  'seconds': { least: 10, most: 3600, otherwise: 30 },
  'together-seconds': { least: 0, most: 3600, otherwise: 120 },
  'seeds': { least: 1, most: 1000, otherwise: 3 },
  'rate': { least: 1, most: 100_000, otherwise: 300 },
  'lanes': { least: 1, most: 16, otherwise: lanesOfThisMachine() },
} as const;

/** @throws Error naming option, bounds and value */
export function readOptions(words: readonly string[]): VerifyFaultsOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      'seconds': { type: 'string' }, 'together-seconds': { type: 'string' }, 'seeds': { type: 'string' }, 'rate': { type: 'string' }, 'only': { type: 'string' },
      'lanes': { type: 'string' }, 'profile': { type: 'string', default: PROFILES[0] },
    },
  });
  const number = (name: keyof typeof NUMBERS): number => {
    const { least, most, otherwise } = NUMBERS[name];
    const value = values[name] === undefined ? otherwise : Number(values[name]);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new Error(`--${name} must be a whole number between ${least} and ${most}, got: ${values[name]}`);
    }
    return value;
  };
  const profile = PROFILES.find((name) => name === values.profile);
  if (profile === undefined) {
    throw new Error(`--profile must be one of ${PROFILES.join(', ')}, got: ${values.profile}`);
  }
  return {
    profile,
    seconds: number('seconds'),
    togetherSeconds: number('together-seconds'),
    seeds: number('seeds'),
    rate: number('rate'),
    lanes: number('lanes'),
    only: values.only === undefined ? FAULTS.map(({ name }) => name) : values.only.split(',').map((name) => faultNamed(name).name),
  };
}
