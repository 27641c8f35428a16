import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const everyReplay = 'A workflow runs again at every replay, and must then see what it saw before.';
const clock = `${everyReplay} Use this.now() or this.sleep().`;
const randomness = `${everyReplay} Use this.random().`;
const outside = `${everyReplay} Do it in an action, as a step.`;

/** What would make a workflow differ from its record. */
const replayable = {
  'no-restricted-globals': [
    'error',
    ...['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({ name, message: clock })),
    { name: 'crypto', message: randomness },
    ...['fetch', 'process', 'globalThis', 'WebSocket'].map((name) => ({ name, message: outside })),
  ],
  'no-restricted-syntax': [
    'error',
    { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: clock },
    { selector: 'CallExpression[callee.name="Date"]', message: clock },
    { selector: 'MemberExpression[object.name="Date"][property.name="now"]', message: clock },
    { selector: 'MemberExpression[object.name="Math"][property.name="random"]', message: randomness },
    { selector: 'ImportExpression', message: outside },
  ],
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: [{ regex: '^(?!\\.|zod$)', allowTypeImports: true, message: outside }] },
  ],
};

export default tseslint.config(
  { ignores: ['cdk.out/', '.local/', 'coverage/'] },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  { languageOptions: { parserOptions: { projectService: true } } },
  { rules: { '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }] } },
  { files: ['orchestrator/workflows/**'], rules: replayable },
  {
    files: ['**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { process: 'readonly', performance: 'readonly', console: 'readonly', URL: 'readonly' },
    },
  },
  // The bench's own packages are installed when it runs; its types are checked by `npm run bench:typecheck`.
  { files: ['bench/**'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['test/**'],
    rules: {
      // Fakes and handlers keep the async signature of what they stand for.
      '@typescript-eslint/require-await': 'off',
    },
  },
);
