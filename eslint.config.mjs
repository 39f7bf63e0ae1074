import eslint from '@eslint/js';
import stylistic from '@stylistic/eslint-plugin';
import globals from 'globals';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/node_modules/', 'build/', 'assets/', 'cdk.out/', '.local/', 'dist/', 'coverage/', '.projen/'] },
  eslint.configs.recommended,
  ...tseslint.configs.recommended,
  {
    plugins: { '@stylistic': stylistic },
    languageOptions: { globals: globals.node },
    rules: {
      '@stylistic/indent': ['error', 2, { SwitchCase: 1, flatTernaryExpressions: true }],
      '@stylistic/quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'avoidEscape' }],
      '@stylistic/semi': ['error', 'always'],
      '@stylistic/comma-dangle': ['error', 'always-multiline'],
      '@stylistic/max-len': ['error', { code: 150, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true, ignoreUrls: true }],
      '@stylistic/no-trailing-spaces': 'error',
      '@stylistic/eol-last': 'error',
      '@stylistic/object-curly-spacing': ['error', 'always'],
      '@typescript-eslint/no-require-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      curly: 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    // Props stay of a shape that jsii could publish: see docs/decisions/0001-no-jsii.md.
    files: ['constructs/**/*.ts', 'lib/workload/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'TSInterfaceDeclaration[id.name=/(Props|Options)$/] > TSTypeParameterDeclaration', message: 'Props have no type parameters.' },
        { selector: 'TSInterfaceDeclaration[id.name=/(Props|Options)$/] TSPropertySignature:not([readonly=true])', message: 'Props are readonly.' },
        { selector: 'TSInterfaceDeclaration[id.name=/(Props|Options)$/] TSUnionType:has(TSTypeReference)', message: 'Props have no unions of structs or classes.' },
        { selector: 'TSInterfaceDeclaration[id.name=/(Props|Options)$/] TSTupleType', message: 'Props have no tuples.' },
        { selector: 'ExportNamedDeclaration > ClassDeclaration > TSTypeParameterDeclaration', message: 'Public classes have no type parameters.' },
      ],
    },
  },
  {
    files: ['*.js', 'bin/*.js'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    // What runs in a browser: the live page, and what its check runs there.
    files: ['local/dashboard/page/**/*.js', 'test/external/page-*.js'],
    languageOptions: { sourceType: 'module', globals: { ...globals.browser, uPlot: 'readonly' } },
  },
);
