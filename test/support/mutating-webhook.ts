/** A mutating webhook as service meshes have one: it adds a sidecar and a label to every Deployment and StatefulSet. */
import {createServer} from 'node:https';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {z} from 'zod';
import type {ControlPlane} from './control-plane.ts';

const review = z.object({
  request: z.object({
    uid: z.string(),
    object: z.object({
      metadata: z.looseObject({labels: z.record(z.string(), z.string()).optional()}),
      spec: z.looseObject({template: z.looseObject({spec: z.looseObject({containers: z.array(z.looseObject({name: z.string()}))})})}),
    }),
  }),
});

const SIDECAR = {name: 'mesh', image: 'mesh'};

/** Resolves, once it is registered, with how to end it. */
export async function startMutatingWebhook(cluster: ControlPlane): Promise<() => Promise<void>> {
  const file = (name: string): string => join(cluster.directory, name);
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  execFileSync('openssl', ['req', '-x509', ...subject, ...key, '-keyout', file('hook.key'), '-out', file('hook.crt')], {stdio: 'ignore'});
  const server = createServer({key: readFileSync(file('hook.key')), cert: readFileSync(file('hook.crt'))}, (request, response) => {
    void text(request).then((body) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(body)));
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  await cluster.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: {name: 'mesh'},
    webhooks: [
      {
        name: 'mesh.example.com',
        clientConfig: {url: `https://127.0.0.1:${String(port)}/`, caBundle: readFileSync(file('hook.crt')).toString('base64')},
        rules: [{apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments', 'statefulsets']}],
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
      },
    ],
  });
  return async () => {
    await cluster.kubectlOk('delete', 'mutatingwebhookconfiguration', 'mesh');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

function answer(body: string): object {
  const {uid, object} = review.parse(JSON.parse(body)).request;
  const {containers} = object.spec.template.spec;
  const patch = [
    ...(object.metadata.labels === undefined ? [{op: 'add', path: '/metadata/labels', value: {}}] : []),
    {op: 'add', path: '/metadata/labels/mesh', value: 'on'},
    ...(containers.some(({name}) => name === SIDECAR.name) ? [] : [{op: 'add', path: '/spec/template/spec/containers/-', value: SIDECAR}]),
  ];
  const response = {uid, allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64')};
  return {apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response};
}
