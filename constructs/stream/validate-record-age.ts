import type { Duration } from 'aws-cdk-lib';

/** What is wrong with the age at which records are given up: one that expires first is lost without a trace. */
export function validateRecordAge(maximumRecordAge: Duration, retention: Duration): string[] {
  const age = maximumRecordAge.toSeconds();
  const kept = retention.toSeconds();
  return age < kept ? [] : [`\`maximumRecordAge\` must be less than the stream's retention of ${kept} seconds, got: ${age}`];
}
