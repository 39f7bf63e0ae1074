import * as fs from 'node:fs';
import * as path from 'node:path';
import { currentReports, REPORTS } from './report';

/** Writes the reports of the public API, to be reviewed with the change that made them differ. */
fs.mkdirSync(REPORTS, { recursive: true });
for (const [name, report] of Object.entries(currentReports())) {
  const file = path.join(REPORTS, `${name}.api.md`);
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  fs.writeFileSync(file, report);
  process.stdout.write(`${path.relative(process.cwd(), file)}: ${before === report ? 'unchanged' : 'changed'}\n`);
}
