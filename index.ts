export * from './constructs';
export * from './lib/facts';
export * from './lib/sizing';
export * from './lib/workload';
