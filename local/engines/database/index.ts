export * from './bare-ledger';
export * from './database-host';
export * from './postgresql-engine';
export * from './postgresql-program';
export * from './server-time';
