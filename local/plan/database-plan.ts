import type { Topology } from '../../lib/topology';
import { RunError } from '../run/run-error';

/** A cluster of PostgreSQL in the template. */
export interface DatabasePlan {
  /** Its identifier. */
  readonly name: string;
}

/** Where a server of this run is. */
export interface LocalDatabase {
  /** `host:port` */
  readonly endpoint: string;
  /** Name of the database. */
  readonly database: string;
  /** User that everything belongs to. */
  readonly owner: string;
}

/**
 * Reads the database clusters of a topology.
 *
 * @throws RunError for one that is no PostgreSQL
 */
export function planDatabases(topology: Topology): DatabasePlan[] {
  return topology.ofType('AWS::RDS::DBCluster').map(({ constructPath, physicalName, properties }) => {
    if (!/postgresql$/.test(String(properties.Engine))) {
      throw new RunError(`${constructPath} has the engine ${String(properties.Engine)}: aurora-postgresql and postgresql run here.`);
    }
    return { name: physicalName };
  });
}

/**
 * Variables of a client that lead to the databases of this run in place of those in the template. Writers and readers are one server; it asks for
 * no password, and nothing is encrypted.
 *
 * @param environment variables as in the template
 * @param databases in the order of the template
 * @throws RunError where the client knows another number of shards
 */
export function localDatabaseVariables(
  environment: { readonly [name: string]: string }, databases: readonly LocalDatabase[],
): { readonly [name: string]: string } {
  if (!('DATABASE_WRITERS' in environment) && !('DATABASE_READERS' in environment)) {
    return {};
  }
  const endpoints = databases.map(({ endpoint }) => endpoint).join(',');
  const lists = Object.fromEntries(['DATABASE_WRITERS', 'DATABASE_READERS'].filter((name) => name in environment).map((name) => {
    const told = environment[name].split(',').length;
    if (told !== databases.length) {
      throw new RunError(`${name} lists ${told} shards, and the assembly has ${databases.length} clusters of PostgreSQL: one for each.`);
    }
    return [name, endpoints];
  }));
  const [{ database, owner }] = databases;
  return { ...lists, DATABASE_NAME: database, DATABASE_OWNER_USER: owner, DATABASE_TLS: 'off', DATABASE_AUTHENTICATION: 'none' };
}
