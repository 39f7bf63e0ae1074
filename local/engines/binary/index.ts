export * from './engine-binary';
