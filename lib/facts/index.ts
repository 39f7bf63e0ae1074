export * from './fact';
export * from './fact-age';
export * from './facts';
export { LOCAL_FACTS_FILE, LocalFactsError } from './local-facts';
export * from './service-codes';
export * from './unknown-fact-error';
