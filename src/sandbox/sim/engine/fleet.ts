/**
 * The engines of all pods: each pod that runs has one, with an HTTP server on the pod's own address. A pod that is gone takes its engine
 * along, and every request that it still held is cut: counted, with the pod that cut it.
 */
import {createServer, type Server} from 'node:http';
import type {Log} from '../../../runtime/log.ts';
import {messageOf} from '../../../runtime/errors.ts';
import type {KubeObject} from '../../../api/objects.ts';
import {exposition} from './exposition.ts';
import {createEngine, type Engine, type EngineRates, type EngineRole} from './model.ts';
import {enginePod, type EnginePod} from './pod-engine.ts';

export interface FleetOptions {
  readonly rates: Readonly<Record<EngineRole, EngineRates>>;
}

export interface FleetDeps {
  /** Seconds of the engines' own time. */
  readonly now: () => number;
  readonly log: Log;
}

export interface Member {
  readonly pod: EnginePod;
  readonly engine: Engine;
}

export interface Cut {
  readonly pod: string;
  /** Their ids. */
  readonly requests: readonly number[];
}

export interface Fleet {
  /** All pods there are now. */
  follow(pods: readonly KubeObject[]): void;
  members(): readonly Member[];
  /** Requests cut so far, by pod. */
  cuts(): readonly Cut[];
  close(): Promise<void>;
}

interface Running {
  readonly engine: Engine;
  readonly server: Server;
  pod: EnginePod;
}

export function createFleet({rates}: FleetOptions, {now, log}: FleetDeps): Fleet {
  const running = new Map<string, Running>();
  const cuts: Cut[] = [];

  const start = (pod: EnginePod): void => {
    const engine = createEngine(pod.role, rates[pod.role], now());
    const server = createServer((request, response) => {
      const known = request.url === '/metrics';
      response.writeHead(known ? 200 : 404, {'content-type': 'text/plain; version=0.0.4; charset=utf-8'});
      response.end(known ? exposition(engine.counters()) : 'not found\n');
    });
    server.on('error', (error) => {
      log.warn({pod: pod.name, address: pod.address, port: pod.port, error: messageOf(error)}, 'an engine cannot serve its metrics');
    });
    server.listen(pod.port, pod.address);
    server.unref();
    running.set(pod.uid, {engine, server, pod});
  };
  const end = (uid: string, {engine, server, pod}: Running): void => {
    if (engine.inFlight() > 0) cuts.push({pod: pod.name, requests: engine.held()});
    running.delete(uid);
    server.close();
    server.closeAllConnections();
  };
  return {
    follow: (pods) => {
      const live = new Map(pods.flatMap((object) => enginePod(object) ?? []).map((pod) => [pod.uid, pod]));
      for (const [uid, member] of running) {
        const pod = live.get(uid);
        if (pod === undefined) end(uid, member);
        else member.pod = pod;
      }
      for (const [uid, pod] of live) if (!running.has(uid)) start(pod);
    },
    members: () => [...running.values()],
    cuts: () => cuts,
    close: async () => {
      await Promise.all(
        [...running.values()].map(
          ({server}) =>
            new Promise<void>((resolve) => {
              server.close(() => {
                resolve();
              });
              server.closeAllConnections();
            }),
        ),
      );
      running.clear();
    },
  };
}
