import {defineConfig} from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Pure files: values in, values out. No I/O, clock, logger or client. */
const PURE = ['src/config.ts', 'src/api/**/*.ts', 'src/scale-subresource/**/*.ts', 'src/controller/*.ts', 'src/cli/*.ts'];

/** Files of the controller that gather, act or remember. */
const THIN = [
  'act',
  'act-deps',
  'act-companions',
  'act-parking',
  'act-sync',
  'companion-snapshot',
  'controller',
  'create',
  'group-pods',
  'in-flight',
  'reconciler',
  'refusals',
  'resolve',
  'routing',
  'snapshot',
  'sync-memory',
].map((name) => `src/controller/${name}.ts`);

/** Files of the command line that speak to the cluster or the terminal. */
const SPEAKING = [
  'adopt',
  'complete',
  'declared-kinds',
  'drain',
  'events',
  'io',
  'live',
  'load',
  'plan',
  'program',
  'release',
  'session',
  'status',
  'terminal',
  'top',
  'why',
].map((name) => `src/cli/${name}.ts`);

const PURE_SERVING = [
  ...['answer-request', 'api-path', 'discovery', 'metric-values', 'pin', 'quantity', 'selector', 'status'],
  ...['auth/chain', 'auth/front-proxy', 'auth/identity', 'auth/trust', 'keda/activity', 'keda/metadata', 'tls/rotation'],
].map((name) => `src/metrics-adapter/serving/${name}.ts`);

/** Of the sandbox's simulators: each controller is a function of what is stored. */
const PURE_SIMULATORS = [
  ...['addresses', 'affected', 'claim', 'duration', 'endpoints', 'hash', 'kubelet', 'nodes', 'pod-state', 'pod-template', 'replica-set'],
  ...['selector', 'status-write', 'workload-schema', 'write', 'deployment/*', 'stateful-set/*', 'engine/exposition', 'engine/histogram'],
  ...['engine/model', 'engine/pod-engine', 'hpa/limits', 'hpa/quantity', 'hpa/replica-calculator', 'hpa/schema', 'hpa/status'],
  ...['traffic/router', 'traffic/trace'],
].map((name) => `src/sandbox/sim/${name}.ts`);

/** Of the sandbox: what the API server knows of kinds, apart from storing and serving them. */
const PURE_SANDBOX = ['kinds', 'protobuf', 'schema', 'selectors', 'tables', 'validation'].map((name) => `src/sandbox/${name}/**/*.ts`);

const clock = [
  {selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time comes in as a value: take a Clock.'},
  {selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'Time comes in as a value: take a Clock.'},
  {selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Chance comes in as a value: take a Random.'},
];

export default defineConfig(
  {ignores: ['node_modules', 'dist', 'docs', 'src/**/*_pb.ts']},
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {allowDefaultProject: ['eslint.config.js', '.dependency-cruiser.cjs']},
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'max-lines': ['error', {max: 300}],
      complexity: ['error', 16],
      'no-console': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: false}],
      '@typescript-eslint/consistent-type-imports': 'error',
      // A field taken out of an object by destructuring.
      '@typescript-eslint/no-unused-vars': ['error', {varsIgnorePattern: '^_'}],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/runtime/clock.ts', 'src/runtime/random.ts'],
    rules: {'no-restricted-syntax': ['error', ...clock]},
  },
  {
    files: [...PURE, ...PURE_SERVING, ...PURE_SIMULATORS, ...PURE_SANDBOX],
    ignores: [...THIN, ...SPEAKING],
    rules: {
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'console'],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {regex: '^node:(?!crypto$|util$)', message: 'A pure file does no I/O.'},
            {regex: '/kube/|runtime/(health|registry)', message: 'A pure file knows no client.'},
          ],
        },
      ],
    },
  },
  {files: ['test/**/*.ts'], rules: {'@typescript-eslint/no-floating-promises': 'off'}},
  {files: ['**/*.js', '**/*.mjs', '**/*.cjs'], extends: [tseslint.configs.disableTypeChecked], rules: {'no-console': 'off'}},
);
