import { type FaultDefinition, faultNamed, type FaultPart, FAULTS, type FaultName, type FaultSettings, type FaultUnit } from './vocabulary';

/** What stands for the value of a flag in help and documentation. */
const PLACEHOLDERS: { readonly [unit in FaultUnit]: string } = { seconds: 'S', factor: 'F', probability: 'P', milliseconds: 'MS' };

const UNIT_WORDS: { readonly [unit in FaultUnit]: string } = {
  seconds: 'a number of seconds',
  factor: 'a factor',
  probability: 'a probability',
  milliseconds: 'a number of milliseconds',
};

/** No exponents and no other bases: a person who writes one means something else. */
const DECIMAL = /^(\d+(\.\d+)?|\.\d+)$/;

/** What was asked of a fault cannot be done; the message is one for people. */
export class FaultSettingError extends Error {}

/**
 * The value of a fault, checked against its bounds.
 *
 * @param text the value as a person wrote it, for the message
 * @throws FaultSettingError naming flag, bounds and value
 */
export function checkFaultValue(fault: FaultDefinition, value: number, text = String(value)): number {
  if (!(value >= fault.minimum && value <= fault.maximum)) {
    throw new FaultSettingError(`--${fault.flag} must be ${UNIT_WORDS[fault.unit]} between ${fault.minimum} and ${fault.maximum}, got: ${text}.`);
  }
  return value;
}

/**
 * Reads the flags of the faults.
 *
 * @param values what was written behind each flag (without dashes); undefined where it was not given. Other flags are left alone
 * @throws FaultSettingError naming flag, bounds and value
 */
export function faultSettings(values: { readonly [flag: string]: string | undefined }): FaultSettings {
  const settings: { [name in FaultName]?: number } = {};
  for (const fault of FAULTS) {
    const text = values[fault.flag];
    if (text !== undefined) {
      settings[fault.name] = checkFaultValue(fault, DECIMAL.test(text) ? Number(text) : NaN, text);
    }
  }
  return settings;
}

/** Whether a system with these parts can have a fault. */
export function canStrike({ strikes }: FaultDefinition, parts: readonly FaultPart[]): boolean {
  return strikes.some((part) => parts.includes(part));
}

/**
 * What is wrong with faults for a system that has no part that one of them could strike: nobody would ever see it.
 *
 * @param parts what the system has
 * @returns a sentence on the first one, naming flag and parts; undefined where all can strike
 */
export function missingParts(settings: FaultSettings, parts: readonly FaultPart[]): string | undefined {
  const fault = Object.keys(settings).map(faultNamed).find((it) => !canStrike(it, parts));
  return fault && `--${fault.flag} strikes a ${fault.strikes.join(' or a ')}, and this assembly has none: leave it out.`;
}

/** The flag with what stands for its value: `--kill-worker-every S`. */
export function flagWithValue(fault: FaultDefinition): string {
  return `--${fault.flag} ${PLACEHOLDERS[fault.unit]}`;
}

/** Help for the flags, a line each, in columns. */
export function faultHelpLines(): string[] {
  const width = Math.max(...FAULTS.map((fault) => flagWithValue(fault).length));
  return FAULTS.map((fault) => `  ${flagWithValue(fault).padEnd(width)}  ${fault.summary} (try ${fault.suggested})`);
}
