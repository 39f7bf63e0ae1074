export { type Acknowledgement, Acknowledgements } from './acknowledgements';
export * from './check';
export * from './check-context';
export * from './manifests';
export * from './plugin';
export * from './rule';
export * from './rules';
