/** Who may do what, by the API server's own authorizer. */
import type {ControlPlane} from './control-plane.ts';

export interface Asked {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** One SubjectAccessReview each, answered in order. */
export async function whoMay(cluster: ControlPlane, questions: readonly (Asked & {readonly user: string})[]): Promise<boolean[]> {
  const items = questions.map(({user, ...resourceAttributes}) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {user, groups: ['system:serviceaccounts', 'system:authenticated'], resourceAttributes},
  }));
  const list = JSON.stringify({apiVersion: 'v1', kind: 'List', items});
  const {stdout, stderr, code} = await cluster.kubectlWith(list, 'create', '-f', '-', '-o', 'jsonpath={.status.allowed}{"\\n"}');
  if (code !== 0) throw new Error(stderr);
  const answers = stdout.trim().split('\n');
  if (answers.length !== questions.length) throw new Error(`${String(questions.length)} questions, ${String(answers.length)} answers`);
  return answers.map((answer) => answer === 'true');
}
