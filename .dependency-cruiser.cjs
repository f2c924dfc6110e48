/** Imports point one way: main → (demo →) compose → controller → {scale-subresource, kube} → {api, runtime}. */
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: {path: from},
  to: {path: '^src/', pathNot: to},
});

module.exports = {
  forbidden: [
    {name: 'no-circular', severity: 'error', from: {}, to: {circular: true, viaOnly: {dependencyTypesNot: ['type-only']}}},
    {name: 'no-orphans', severity: 'error', from: {orphan: true, path: '^src/', pathNot: '^src/main\\.ts$'}, to: {}},
    {name: 'not-to-tests', severity: 'error', from: {path: '^src/'}, to: {path: '^test/'}},
    only('api-knows-nothing', '^src/api/', '^src/api/'),
    only('runtime-knows-nothing', '^src/runtime/', '^src/runtime/'),
    only('scale-subresource-is-pure', '^src/scale-subresource/', '^src/(scale-subresource|api)/'),
    only('kube-lies-below', '^src/kube/', '^src/(kube|api|runtime)/'),
    only('controller-and-adapter-apart', '^src/controller/', '^src/(controller|scale-subresource|kube|api|runtime)/'),
    only('adapter-and-controller-apart', '^src/metrics-adapter/', '^src/(metrics-adapter|kube|api|runtime)/'),
    only('sandbox-knows-api-and-runtime', '^src/sandbox/', '^src/(sandbox|api|runtime)/'),
    only('cli-sees-what-is-pure', '^src/cli/', '^src/(cli|controller|scale-subresource|kube|api|runtime)/'),
    {name: 'only-main-demonstrates', severity: 'error', from: {path: '^src/', pathNot: '^src/(main\\.ts|demo/)'}, to: {path: '^src/demo/'}},
    {
      name: 'only-main-composes',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/(main|compose)\\.ts$|^src/(compose|demo)/'},
      to: {path: '^src/compose(\\.ts$|/)'},
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {extensions: ['.ts', '.js', '.json'], conditionNames: ['import', 'node', 'default']},
  },
};
