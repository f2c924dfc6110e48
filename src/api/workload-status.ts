/** The status of a workload whose every pod is there and ready, as its kind's controller would report it. Pure. */
import {asObject} from './json.ts';
import type {KubeObject} from './objects.ts';
import {countsOf, kindOf, type Counts, type Workload} from './workload.ts';

export function withAllReady(workload: Workload): KubeObject {
  const {object} = workload;
  const {observedGeneration, ...paths} = kindOf(workload).status;
  const counts = countsOf(workload);
  const filled = Object.values(paths).reduce<unknown>((result, path) => (path === undefined ? result : put(result, path, counts)), {});
  const status = asObject(put(filled, observedGeneration, new Map([['', object.metadata.generation ?? 1]])))['status'];
  return {...object, status};
}

function put(object: unknown, path: string, counts: Counts): unknown {
  const [list = '', inner] = path.split('[*].');
  if (inner === undefined) return set(object, path.split('.'), () => counts.get(''));
  return set(object, list.split('.'), (before) => {
    const items = new Map(Array.isArray(before) ? before.map((item: unknown) => [asObject(item)['name'], item]) : []);
    return [...counts].map(([name, count]) => set(items.get(name) ?? {name}, inner.split('.'), () => count));
  });
}

function set(object: unknown, [step, ...rest]: readonly string[], value: (before: unknown) => unknown): unknown {
  if (step === undefined) return value(object);
  const fields = asObject(object);
  return {...fields, [step]: set(fields[step], rest, value)};
}
