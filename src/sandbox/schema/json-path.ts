/** The JSONPath of printer columns: fields, indices, `*`, and filters that compare a field with a text. Pure. */
import {asObject} from '../../api/json.ts';

type Step = (values: readonly unknown[]) => readonly unknown[];

/** The values at the path; none where it leads nowhere. Throws for a path that it does not understand. */
export function compilePath(path: string): (object: unknown) => readonly unknown[] {
  const steps: Step[] = [];
  let rest = path.replace(/^\{(.*)\}$/u, '$1').replace(/^\$/u, '');
  while (rest !== '') {
    const [step, length] = nextStep(rest, path);
    steps.push(step);
    rest = rest.slice(length);
  }
  return (object) => steps.reduce<readonly unknown[]>((values, step) => step(values), [object]);
}

function nextStep(text: string, path: string): [Step, number] {
  const field = /^\.([A-Za-z0-9_\-/]+|\\\.)+/u.exec(text);
  if (field !== null) {
    const name = field[0].slice(1).replaceAll('\\.', '.');
    return [each((value) => [asObject(value)[name]]), field[0].length];
  }
  const quoted = /^\['([^']+)'\]/u.exec(text);
  if (quoted !== null) return [each((value) => [asObject(value)[quoted[1] ?? '']]), quoted[0].length];
  const index = /^\[(-?\d+)\]/u.exec(text);
  if (index !== null) return [each((value) => [list(value).at(Number(index[1]))]), index[0].length];
  const all = /^\[\*\]/u.exec(text);
  if (all !== null) return [each(list), all[0].length];
  const filter = /^\[\?\(@\.([A-Za-z0-9_\-.]+)\s*==\s*["']([^"']*)["']\)\]/u.exec(text);
  if (filter !== null) {
    const [whole, key = '', wanted = ''] = filter;
    return [each((value) => list(value).filter((item) => String(asObject(item)[key]) === wanted)), whole.length];
  }
  throw new Error(`the JSONPath ${path} is not understood at ${text}`);
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const each =
  (step: (value: unknown) => readonly unknown[]): Step =>
  (values) =>
    values.flatMap((value) => step(value).filter((found) => found !== undefined));
