export * from './dashboard';
export * from './event-log';
export * from './feed';
