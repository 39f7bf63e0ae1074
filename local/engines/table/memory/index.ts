export { MemoryTableEngine, type MemoryTableEngineProps } from './memory-table-engine';
