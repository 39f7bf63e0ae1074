export * from './postgresql-engine';
export * from './postgresql-program';
