export { ConstructPaths, pathsAround } from '../topology/construct-paths';
