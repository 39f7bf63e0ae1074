export { LocalObjectStore } from './local-object-store';
export { createBuckets, type ObjectApplication, prepareObjectRequests } from './object-requests';
export { type ListedObject, type ObjectStore, ObjectStoreError } from './object-store';
