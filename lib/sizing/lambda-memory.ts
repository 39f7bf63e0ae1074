import { Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { CapacityItem } from './planned';

export const LAMBDA_MEMORIES_FACTS: readonly string[] = ['lambda/memory.mbPerVcpu', 'node/residentMemory', 'node/memoryPerEventByte'];

/**
 * Memories that are offered to a function of one thread, smallest first: about a quarter, a half and all of a vCPU. Below, start-up and garbage
 * collection cost more than they save; above, the second vCPU stays idle.
 */
export function lambdaMemories(facts: Facts): number[] {
  return [512, 1024, facts.number('lambda/memory.mbPerVcpu')];
}

/** Memory that a function needs to hold an event of so many bytes and what it makes of it. */
export function eventMemoryMiB(facts: Facts, eventBytes: number): number {
  return facts.number('node/residentMemory') + facts.number('node/memoryPerEventByte') * eventBytes / 1024 / 1024;
}

const GB_SECOND_PRICE = 'lambda/arm.gbSecond.tier1';

/** Execution environments of a function as a capacity: what they cost while all of them work. */
export function functionCapacity(facts: Facts, memory: Size, concurrency: number): CapacityItem {
  return { amount: concurrency * memory.toMebibytes() / 1024, unitCost: 3600 * facts.number(GB_SECOND_PRICE), facts: [GB_SECOND_PRICE] };
}
