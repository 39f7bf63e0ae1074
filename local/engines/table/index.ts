export * from './configuration';
export { type Clock, wallClock } from './clock';
export type { EngineAnswer, TableEngine } from './table-engine';
export { DynoxideEngine, type DynoxideEngineProps } from './dynoxide-engine';
export type { FrontStatistics, TableStatistics } from './front/table-front';
export { STATISTICS_PATH, TableHost, type TableHostOptions, type TableHostStatistics } from './table-host';
