/** A CloudFormation template as `Template.fromStack(stack).toJSON()` gives it. */
export interface TemplateJson {
  readonly [section: string]: unknown;
}

/** What stands in a normalized template for what depends on the machine, the account or the version of the CDK. */
export const PLACEHOLDERS = { asset: 'ASSET', version: 'VERSION', account: 'ACCOUNT', region: 'REGION' } as const;

/** Content hash of an asset: SHA-256 in hexadecimal. */
const ASSET_HASH = /\b[0-9a-f]{64}\b/g;
/** The CDK ends the logical id of a function's version with a hash of the function, code included. */
const VERSION_HASH = /(CurrentVersion[A-Za-z0-9]*?)[0-9a-f]{32}/g;
/** An account where a text names one: in an ARN, in the name of a bootstrapped resource, or alone. Longer numbers are none. */
const ACCOUNT = /(?<=[:\-/]|^)\d{12}(?=[:\-/]|$)/g;
const REGION = /\b(?:af|ap|ca|cn|eu|il|me|mx|sa|us(?:-gov)?)-(?:central|north|northeast|northwest|south|southeast|southwest|east|west)-\d\b/g;

/**
 * Takes out of a template what differs between two synthesis runs that mean the same: hashes of assets and of function versions, the account, the
 * region, the metadata, and what the CDK adds for itself (its bootstrap check, `CDKMetadata`). Everything else stays: a snapshot of the result
 * changes when the infrastructure does, and not when only the bytes of a bundle do.
 *
 * Regions are numbered in the order in which they appear, where there are several: a copy in another region stays visible.
 *
 * @param template is left as it is.
 */
export function normalizeTemplate(template: TemplateJson): TemplateJson {
  const kept = { ...(withoutMetadata(template) as { [section: string]: unknown }) };
  drop(kept, 'Parameters', 'BootstrapVersion');
  drop(kept, 'Rules', 'CheckBootstrapVersion');
  drop(kept, 'Resources', 'CDKMetadata');
  drop(kept, 'Conditions', 'CDKMetadataAvailable');
  const regions: string[] = [];
  return rewrite(kept, (text) => text
    .replace(ASSET_HASH, PLACEHOLDERS.asset)
    .replace(VERSION_HASH, `$1${PLACEHOLDERS.version}`)
    .replace(ACCOUNT, PLACEHOLDERS.account)
    .replace(REGION, (region) => {
      const known = regions.indexOf(region);
      const number = known < 0 ? regions.push(region) : known + 1;
      return number === 1 ? PLACEHOLDERS.region : `${PLACEHOLDERS.region}${number}`;
    })) as TemplateJson;
}

/** Metadata says where in the sources something comes from, and why it has its size (`planOf` shows that): nothing of it is deployed. */
function withoutMetadata(template: TemplateJson): object {
  const { Metadata: _, Resources: resources, ...rest } = template;
  if (resources === undefined) {
    return rest;
  }
  return {
    ...rest,
    Resources: Object.fromEntries(
      Object.entries(resources as { readonly [id: string]: { readonly Metadata?: unknown } })
        .map(([id, { Metadata: __, ...resource }]) => [id, resource]),
    ),
  };
}

function drop(template: { [section: string]: unknown }, section: string, id: string): void {
  const { [id]: _, ...others } = (template[section] ?? {}) as { readonly [id: string]: unknown };
  if (Object.keys(others).length > 0) {
    template[section] = others;
  } else {
    delete template[section];
  }
}

function rewrite(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') {
    return change(value);
  }
  if (Array.isArray(value)) {
    return value.map((it) => rewrite(it, change));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, it]) => [change(key), rewrite(it, change)]));
  }
  return value;
}
