/** Workloads and their pods as a user sees them through the API: the simulated controllers show what the real ones show. */
import {deploymentCases} from './workloads/deployments.ts';
import {endpointCases} from './workloads/endpoints.ts';
import {ownerCases} from './workloads/owners.ts';
import {statefulSetCases} from './workloads/stateful-sets.ts';
import {inBothClusters} from './workloads/world.ts';

inBothClusters((world) => {
  deploymentCases(world);
  statefulSetCases(world);
  ownerCases(world);
  endpointCases(world);
});
