import * as path from 'node:path';
import { type Command, type CommandInput, text, UsageError } from './command';
import { coordinates, FlinkPackageError } from './flink/connector-lock';
import { makePackage, pinConnector } from './flink/flink-package';

/** `cht flink` */
export const flinkCommand: Command = {
  help: `cht flink package FOLDER   makes the archive of a Flink application and prints its path
cht flink pin FOLDER       writes the checksum of its connector into FOLDER/connector.lock.json

FOLDER holds main.py, what it needs, and connector.lock.json. The connector is an artifact of Maven Central. It is
taken from --jar, else from the repository that MAVEN_REPOSITORY names (an address that begins with https://), else
with Maven (mvn). package refuses one without the pinned checksum, and keeps what it fetched in the user's cache.

"cdk deploy" calls package by itself.

  --jar FILE   a JAR on this machine
  --replace    pin: although another checksum is pinned
`,
  options: { jar: { type: 'string' }, replace: { type: 'boolean' } },
  async run(input) {
    const [subcommand, folder, ...others] = input.positionals;
    if (!(subcommand === 'package' || subcommand === 'pin') || folder === undefined || others.length > 0) {
      throw new UsageError('Say what to do, and with which folder: package FOLDER, or pin FOLDER.', 'flink');
    }
    try {
      process.stdout.write(`${await carryOut(subcommand, path.resolve(folder), input)}\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof FlinkPackageError)) {
        throw error;
      }
      process.stderr.write(`cht: ${error.message}\n`);
      return 1;
    }
  },
};

/** Answers the line to print. Of `package` it is the path and nothing else: "cdk deploy" reads it. */
async function carryOut(subcommand: 'package' | 'pin', folder: string, input: CommandInput): Promise<string> {
  const jar = text(input, 'jar');
  if (subcommand === 'package') {
    return makePackage(folder, { jar });
  }
  const lock = await pinConnector(folder, { jar, replace: input.values.replace === true });
  return `${coordinates(lock)} is pinned to ${lock.sha256}. Review and commit it.`;
}
