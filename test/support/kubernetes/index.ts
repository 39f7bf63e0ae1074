export * from './model-faults';
export { type Manifest } from './model-of';
