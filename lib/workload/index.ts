export * from './key-skew';
export * from './latency-target';
export * from './payload-size';
export * from './rate';
export * from './recovery-tier';
export * from './workload';
