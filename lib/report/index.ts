export * from './explain-decision';
export * from './plan-json';
export * from './plan-markdown';
export * from './plan-table';
