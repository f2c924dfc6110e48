/** The example of the RFC "Proportional Scaling for Existing Workloads with Granular Scale-in Control". It must work as it stands. */
export const RFC_EXAMPLE = `apiVersion: resourcescalinggroup.com/v1
kind: ResourceScalingGroup
metadata:
  labels:
    app.kubernetes.io/name: rsg
  name: rsg
spec:
  replicas: 1
  scalingGroupTask:
    sortedGroupList:
     - group0
  group:
    groupID: group0
    targetResources:
     - name: prefill
       kind: deployment
       version: apps/v1
       namespace: default
     - name: decode
       kind: deployment
       version: apps/v1
       namespace: default
`;
