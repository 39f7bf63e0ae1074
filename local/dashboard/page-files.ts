import * as fs from 'node:fs';
import * as path from 'node:path';

/** A file of the page. */
export interface PageFile {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** Where the plain files of the page are: beside this module, in the sources as in the build. */
export const PAGE_FOLDER = path.join(__dirname, 'page');

const CONTENT_TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Files of the chart library, by the name under which the page asks for them. */
const CHART_LIBRARY = ['uPlot.iife.min.js', 'uPlot.min.css'];

/**
 * Reads the files of the page, by the last part of their address; the page itself has none.
 *
 * @throws Error when a file is missing: the installation is not whole.
 */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const own = fs.readdirSync(PAGE_FOLDER).filter((name) => path.extname(name) in CONTENT_TYPES).map((name) => path.join(PAGE_FOLDER, name));
  const library = CHART_LIBRARY.map((name) => require.resolve(`uplot/dist/${name}`));
  return new Map([...own, ...library].map((file): [string, PageFile] => {
    const name = path.basename(file);
    return [name === 'index.html' ? '' : name, { contentType: CONTENT_TYPES[path.extname(file)], bytes: fs.readFileSync(file) }];
  }));
}
