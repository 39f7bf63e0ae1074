export * from './fact';
export * from './facts';
