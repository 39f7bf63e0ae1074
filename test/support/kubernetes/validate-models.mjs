/** Reads `[{ module, manifest }]` from standard input, checks each against its model, and writes what is wrong as a list of texts. */
let input = '';
for await (const chunk of process.stdin) {
  input += chunk;
}
const faults = [];
for (const { module, manifest } of JSON.parse(input)) {
  const name = `${manifest.kind} ${manifest.metadata?.name}`;
  const models = await import(module).catch(() => undefined);
  const Model = models?.[manifest.kind];
  if (Model === undefined) {
    faults.push(`${name}: there is no such kind in ${module}`);
    continue;
  }
  try {
    new Model(manifest).validate();
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
  }
}
process.stdout.write(JSON.stringify(faults));
