export { FaultController, type FaultControllerProps, type FaultEvent } from './fault-controller';
export { type Invariant, INVARIANTS } from './invariants';
export { isPoisonKey, POISON_KEY_PREFIX } from './poison';
export { canStrike, checkFaultValue, faultHelpLines, FaultSettingError, faultSettings, flagWithValue, missingParts } from './settings';
export type { EngineFaults, FaultTargets, KillMoment } from './targets';
export {
  type FaultCounts, type FaultDefinition, faultNamed, type FaultPart, FAULTS, type FaultName, type FaultSettings, type FaultUnit, type VerdictField,
} from './vocabulary';
