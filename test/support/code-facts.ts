/** Reads out of the source, by its syntax tree, what users meet of it: reasons of conditions and events, metrics, error codes. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import ts from 'typescript';
import {CONDITIONS} from '../../src/api/conditions.ts';

const SRC = join(import.meta.dirname, '../../src');

export interface CodeFacts {
  readonly conditions: readonly {readonly type: string; readonly status: string; readonly reason: string; readonly message: string}[];
  readonly events: readonly {readonly type: string; readonly reason: string; readonly message: string}[];
  /** Reasons that are given without saying of what, such as those of targets that cannot be bound. */
  readonly reasons: readonly {readonly reason: string; readonly message: string}[];
  readonly metrics: readonly {readonly name: string; readonly help: string; readonly labels: readonly string[]}[];
  readonly codes: readonly {readonly name: string; readonly codes: readonly string[]}[];
}

export function readCode(): CodeFacts {
  const objects: Map<string, ts.Expression>[] = [];
  const given: CodeFacts['reasons'][number][] = [];
  const codes: {name: string; codes: string[]}[] = [];
  const helps = new Map<string, string>();
  for (const file of sources()) {
    const visit = (node: ts.Node): void => {
      if (ts.isObjectLiteralExpression(node)) objects.push(propertiesOf(node));
      if (ts.isCallExpression(node)) given.push(...reasonsIn(node));
      if (ts.isTypeAliasDeclaration(node) && node.name.text.endsWith('ErrorCode'))
        codes.push({name: node.name.text, codes: literals(node.type)});
      if (ts.isPropertySignature(node) && node.name.getText() === 'code' && node.type !== undefined && literals(node.type).length > 1)
        codes.push({name: file.name, codes: literals(node.type)});
      node.forEachChild(visit);
    };
    visit(file.tree);
  }
  for (const object of objects)
    for (const [key, value] of object) if (/^rsg_[a-z_]+$/u.test(key) && ts.isStringLiteralLike(value)) helps.set(key, value.text);
  const ofErrors = new Set(codes.flatMap((one) => one.codes));
  const ofOthers = given.filter(({reason}) => !ofErrors.has(reason));
  return {...reasonsOf(objects, ofOthers), metrics: metricsOf(objects, helps), codes: codes.sort((a, b) => a.name.localeCompare(b.name))};
}

function sources(): {name: string; tree: ts.SourceFile}[] {
  const names = readdirSync(SRC, {recursive: true, encoding: 'utf8'}).filter(
    (name) => name.endsWith('.ts') && !/^(sandbox|cli)\//u.test(name),
  );
  return names.sort().map((name) => {
    const tree = ts.createSourceFile(name, readFileSync(join(SRC, name), 'utf8'), ts.ScriptTarget.Latest, true);
    return {name, tree};
  });
}

function propertiesOf(node: ts.ObjectLiteralExpression): Map<string, ts.Expression> {
  return new Map(
    node.properties.flatMap((property): [string, ts.Expression][] => {
      if (ts.isPropertyAssignment(property)) return [[property.name.getText().replace(/^['"]|['"]$/gu, ''), property.initializer]];
      if (ts.isShorthandPropertyAssignment(property)) return [[property.name.text, declarationOf(property.name) ?? property.name]];
      return [];
    }),
  );
}

/** `const message = …` in the same block or one around it. */
function declarationOf(name: ts.Identifier): ts.Expression | undefined {
  for (let scope: ts.Node = name; !ts.isSourceFile(scope); scope = scope.parent) {
    if (!ts.isBlock(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const found = statement.declarationList.declarations.find((one) => one.name.getText() === name.text);
      if (found?.initializer !== undefined) return found.initializer;
    }
  }
  return undefined;
}

/** Both ways of `a ? b : c`; a template with its holes as `…`. */
function textsOf(node: ts.Expression | undefined): string[] {
  if (node === undefined) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.head.text + node.templateSpans.map(({literal}) => `…${literal.text}`).join('')];
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return textsOf(node.expression);
  return [];
}

const literals = (type: ts.TypeNode): string[] =>
  (ts.isUnionTypeNode(type) ? [...type.types] : [type]).flatMap((one) =>
    ts.isLiteralTypeNode(one) && ts.isStringLiteral(one.literal) ? [one.literal.text] : [],
  );

/** `hold(draft, 'CooldownActive', 'the last removal …')`: a reason, then its message, which is a sentence. */
function reasonsIn({arguments: all}: ts.CallExpression): CodeFacts['reasons'][number][] {
  return all.flatMap((one, at) => {
    if (!ts.isStringLiteral(one) || !REASON.test(one.text)) return [];
    return textsOf(all[at + 1]).flatMap((message) => (message.includes(' ') ? [{reason: one.text, message}] : []));
  });
}

const REASON = /^[A-Z][A-Za-z]+$/u;

function reasonsOf(
  objects: readonly Map<string, ts.Expression>[],
  given: CodeFacts['reasons'],
): Pick<CodeFacts, 'conditions' | 'events' | 'reasons'> {
  const conditions = new Map<string, CodeFacts['conditions'][number]>();
  const events = new Map<string, CodeFacts['events'][number]>();
  const reasons = new Map<string, CodeFacts['reasons'][number]>();
  for (const {reason, message} of given) {
    const others = reasons.get(reason)?.message.split(' / ') ?? [];
    reasons.set(reason, {reason, message: [...new Set([...others, message])].join(' / ')});
  }
  for (const object of objects) {
    const [type = ''] = textsOf(object.get('type'));
    const message = textsOf(object.get('message')).join(' / ');
    for (const reason of textsOf(object.get('reason')).filter((text) => REASON.test(text))) {
      const status = textsOf(object.get('status')).join(' or ');
      if (CONDITIONS.some((one) => one === type)) conditions.set(`${type} ${reason}`, {type, status, reason, message});
      else if (type === 'Normal' || type === 'Warning') events.set(reason, {type, reason, message});
      else reasons.set(reason, {reason, message});
    }
  }
  const order = (type: string): number => CONDITIONS.findIndex((one) => one === type);
  return {
    conditions: [...conditions.values()].sort((a, b) => order(a.type) - order(b.type) || a.reason.localeCompare(b.reason)),
    events: [...events.values()].sort((a, b) => a.reason.localeCompare(b.reason)),
    reasons: [...reasons.values()].sort((a, b) => a.reason.localeCompare(b.reason)),
  };
}

function metricsOf(objects: readonly Map<string, ts.Expression>[], helps: ReadonlyMap<string, string>): CodeFacts['metrics'] {
  const found = new Map([...helps].map(([name, help]) => [name, {name, help, labels: []}] as [string, CodeFacts['metrics'][number]]));
  for (const object of objects) {
    const [name = ''] = textsOf(object.get('name'));
    if (!name.startsWith('rsg_') || !object.has('help')) continue;
    const labelNames = object.get('labelNames');
    const list = labelNames !== undefined && ts.isAsExpression(labelNames) ? labelNames.expression : labelNames;
    const labels = list !== undefined && ts.isArrayLiteralExpression(list) ? list.elements.flatMap((one) => textsOf(one)) : [];
    found.set(name, {name, help: textsOf(object.get('help'))[0] ?? helps.get(name) ?? '', labels});
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}
