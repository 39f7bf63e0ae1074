export { CacheHost } from './cache-host';
