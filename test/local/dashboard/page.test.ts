import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { PAGE_FOLDER, readPageFiles } from '../../../local/dashboard/page-files';
import { root } from '../../house/source-files';

const html = fs.readFileSync(path.join(PAGE_FOLDER, 'index.html'), 'utf8');
const style = fs.readFileSync(path.join(PAGE_FOLDER, 'style.css'), 'utf8');
const scripts = fs.readdirSync(PAGE_FOLDER).filter((name) => name.endsWith('.js'));
const sources = scripts.map((name) => fs.readFileSync(path.join(PAGE_FOLDER, name), 'utf8')).join('\n');
const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found);
const ids = all(html, /\sid="([^"]+)"/g);

jest.setTimeout(120_000);

describe('the page', () => {
  it('has every element that its scripts ask for', () => {
    const asked = [...all(sources, /element\('([^']+)'/g), ...all(sources, /getElementById\('([^']+)'/g)];
    const patterns = all(sources, /element\(`\$\{id\}-([a-z]+)`/g);
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((id) => !ids.includes(id))).toEqual([]);
    expect(patterns).toEqual(['figure', 'note']);
    expect(['lost', 'doubled', 'balance'].flatMap((id) => [id, ...patterns.map((it) => `${id}-${it}`)]).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('has each id once, and every id that a label or a link names', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const named = all(html, /(?:aria-labelledby|aria-describedby|for|href)="#?([a-z-]+)"/g).filter((name) => !name.includes('.'));
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('has a heading for each section, and headings that skip no level', () => {
    expect(all(html, /<section([^>]*)>/g).filter((attributes) => !attributes.includes('aria-labelledby='))).toEqual([]);
    const levels = all(html, /<h([1-6])/g).map(Number);
    expect(levels[0]).toBe(1);
    expect(levels.filter((level, index) => index > 0 && level > levels[index - 1] + 1)).toEqual([]);
  });

  it('names every button and input', () => {
    for (const [, id] of html.matchAll(/<input id="([^"]+)"/g)) {
      expect(html).toContain(`<label class="visually-hidden" for="${id}">`);
    }
    expect(all(html, /<button[^>]*>([^<]*)</g).filter((text) => text.trim() === '')).toEqual([]);
  });

  it('holds nothing that its content security policy forbids, and asks no other host', () => {
    expect(html).not.toMatch(/\sstyle=|\son[a-z]+=|<style|<script>|javascript:/);
    expect(all(html, /<script ([^>]*)>/g).every((attributes) => attributes.includes('src="'))).toBe(true);
    expect(sources).not.toMatch(/innerHTML|insertAdjacentHTML|setAttribute\('style'|\beval\(|new Function/);
    expect(`${html}${style}${sources}`.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\/|url\(/);
  });

  it('is served whole: every file that it names is there', () => {
    const files = readPageFiles();
    const named = [...all(html, /(?:href|src)="([^"#]+)"/g), ...all(sources, /from '\.\/([^']+)'/g)];
    expect(named.filter((name) => !files.has(name))).toEqual([]);
    expect(files.get('')!.contentType).toBe('text/html; charset=utf-8');
    expect([...files.keys()].sort()).toEqual([...scripts, '', 'icon.svg', 'style.css', 'uPlot.iife.min.js', 'uPlot.min.css'].sort());
  });

  it('uses what the feed really sends: its scripts pass the type checker against the feed', () => {
    const program = ts.createProgram(scripts.map((name) => path.join(PAGE_FOLDER, name)), {
      allowJs: true, checkJs: true, noEmit: true, strict: true, skipLibCheck: true, noUnusedLocals: true, types: [],
      target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      typeRoots: [], baseUrl: root, ignoreDeprecations: '6.0',
    });
    const own = scripts.map((name) => program.getSourceFile(path.join(PAGE_FOLDER, name))!);
    const diagnostics = own.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]);
    const findings = diagnostics.map(({ file, start, messageText }) => {
      const { line } = ts.getLineAndCharacterOfPosition(file!, start!);
      return `${path.basename(file!.fileName)}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    expect(findings).toEqual([]);
  });
});
