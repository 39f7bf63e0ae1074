import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../house/source-files';
import { ended, succeeds } from '../programs';

/** The broker that checks run against; its Scala version is a part of its name. */
export const KAFKA = { artifact: 'org.apache.kafka:kafka_2.13', version: '4.1.0' };

/** A Kafka that can be started, or why there is none. */
export type KafkaProgram = { readonly classPath: string } | { readonly missing: string };

let found: Promise<KafkaProgram> | undefined;

/** Fetches the broker and what it needs with Maven, once, into `.local`. Where from is a matter of the user's settings. */
export function findOrFetchKafka(): Promise<KafkaProgram> {
  found ??= findOrFetch();
  return found;
}

async function findOrFetch(): Promise<KafkaProgram> {
  for (const [program, ...words] of [['java', '-version'], ['mvn', '-version']]) {
    if (!(await succeeds(program, words))) {
      return { missing: `there is no ${program} (Kafka ${KAFKA.version} needs Java 17 or later, and Maven to be fetched)` };
    }
  }
  const folder = path.join(root, '.local', `kafka-${KAFKA.version}`);
  // Written last, so that a fetch that was broken off is made anew.
  const whole = path.join(folder, 'whole');
  if (!fs.existsSync(whole)) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'pom.xml'), projectFile());
    const { code, output } = await ended('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=jars', '-DincludeScope=runtime'], { cwd: folder });
    if (code !== 0) {
      fs.rmSync(folder, { recursive: true, force: true });
      return { missing: `Maven does not find ${KAFKA.artifact}:${KAFKA.version}: ${output.split('\n').find((line) => line.includes('ERROR')) ?? output.slice(0, 200)}` };
    }
    fs.writeFileSync(whole, '');
  }
  return { classPath: path.join(folder, 'jars', '*') };
}

/** A project that does nothing but depend on it. */
function projectFile(): string {
  const [group, artifact] = KAFKA.artifact.split(':');
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${KAFKA.version}</version></dependency>
  </dependencies>
</project>
`;
}
