/** Every command with its arguments and flags, as data: the reader, the help and the completion are made from it. Pure. */

export interface Flag {
  readonly short?: string;
  /** Placeholder of its value in the help; a flag without one is true or absent. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly help: string;
}

export interface Command {
  readonly summary: string;
  readonly usage: string;
  /** Least and most positional arguments. */
  readonly args: readonly [number, number];
  /** What its positional arguments name, for completion. */
  readonly completes: readonly ('rsg' | 'group' | 'workload' | 'shell')[];
  readonly flags: Readonly<Record<string, Flag>>;
  readonly details: string;
}

const CLUSTER: Readonly<Record<string, Flag>> = {
  namespace: {short: 'n', value: 'NS', help: 'namespace (default: that of the context)'},
  context: {value: 'NAME', help: 'context of the kubeconfig'},
  kubeconfig: {value: 'FILE', help: 'kubeconfig file (default: KUBECONFIG, then ~/.kube/config)'},
};
const OUTPUT: Flag = {short: 'o', value: 'FORMAT', choices: ['text', 'json', 'yaml'], help: 'text, json or yaml (default text)'};
const KINDS: Flag = {
  value: 'FILE',
  help: "the controller's --kind-declarations (default: those of the chart, found in the cluster)",
};
const ADAPTER: Flag = {value: 'URL', help: "the metrics adapter's HTTP address (default: found in the cluster, through the API server)"};

export const COMMANDS = {
  status: {
    summary: 'groups, members, readiness, load, next victims, last scalings',
    usage: 'status [NAME] [flags]',
    args: [0, 1],
    completes: ['rsg'],
    flags: {
      ...CLUSTER,
      output: OUTPUT,
      watch: {short: 'w', help: 'show it again whenever it changes, until interrupted'},
      'all-namespaces': {short: 'A', help: 'RSGs of all namespaces'},
      'adapter-url': ADAPTER,
    },
    details: 'Without NAME: every RSG of the namespace, one line each. Load is shown where the metrics adapter answers.',
  },
  plan: {
    summary: 'what a number of groups would create and remove, and why',
    usage: 'plan NAME [--replicas N] [flags]',
    args: [1, 1],
    completes: ['rsg'],
    flags: {
      ...CLUSTER,
      output: OUTPUT,
      replicas: {value: 'N', help: "number of groups (default: the RSG's own spec.replicas)"},
      'kind-declarations': KINDS,
    },
    details:
      "Decides with the controller's own rules on the live objects, and changes nothing. What is created is taken to become ready.\nExit code 3: the number would not be reached, and the reason is told.",
  },
  why: {
    summary: 'why it is as it is: conditions, and the events that explain them',
    usage: 'why NAME [flags]',
    args: [1, 1],
    completes: ['rsg'],
    flags: {...CLUSTER, output: OUTPUT},
    details: 'Exit code 3: something needs attention.',
  },
  drain: {
    summary: 'remove one group by name: first in the list, one replica less',
    usage: 'drain NAME GROUP [flags]',
    args: [2, 2],
    completes: ['rsg', 'group'],
    flags: {
      ...CLUSTER,
      yes: {short: 'y', help: 'do not ask'},
      'dry-run': {help: 'show the plan, change nothing'},
      'kind-declarations': KINDS,
    },
    details:
      'Puts GROUP at the head of scalingGroupTask.sortedGroupList and takes one off spec.replicas, in one write, after showing the plan.\nExit code 3: the plan would not remove exactly this group, or the question was answered with no.',
  },
  adopt: {
    summary: 'write the RSG for workloads that already run',
    usage: 'adopt KIND/NAME [KIND/NAME…] --name NAME [flags]',
    args: [1, 16],
    completes: ['workload'],
    flags: {
      ...CLUSTER,
      name: {value: 'NAME', help: 'name of the RSG'},
      output: {...OUTPUT, help: 'text, json or yaml: print the manifest instead of creating it'},
      'dry-run': {help: 'check, and let the API server validate it, without storing it'},
      engine: {
        value: 'ENGINE',
        choices: ['vllm', 'sglang', 'trtllm', 'triton-trtllm', 'mindie'],
        help: 'engine whose metrics tell the load (default: none)',
      },
      yes: {short: 'y', help: 'go on in spite of warnings'},
      'kind-declarations': KINDS,
    },
    details:
      'Checks HPAs and ScaledObjects on the members, GitOps and Helm owners, volumes and roles first. Nothing of the workloads restarts.\nExit code 3: a check forbids it, or warns and --yes is not given.',
  },
  top: {
    summary: 'load per group and role, from the metrics adapter',
    usage: 'top [NAME] [flags]',
    args: [0, 1],
    completes: ['rsg'],
    flags: {...CLUSTER, output: OUTPUT, 'adapter-url': ADAPTER},
    details: 'Utilisation 1 is saturated. A value that is not known is shown as such, never as 0.',
  },
  release: {
    summary: 'for an uninstall: RSGs that need no controller any more',
    usage: 'release NAME | --all | --all-namespaces [flags]',
    args: [0, 1],
    completes: ['rsg'],
    flags: {
      ...CLUSTER,
      all: {help: 'every RSG of the namespace'},
      'all-namespaces': {short: 'A', help: 'RSGs of all namespaces'},
      'stop-controller': {value: 'NS/NAME', help: 'Deployment to scale to 0 first, since a running controller undoes it'},
      'kind-declarations': KINDS,
    },
    details:
      'Gives parked originals their replicas back and takes the finalizer off, so that no RSG or namespace waits for a controller that is gone.\nEvery group goes on serving. The chart runs it before an uninstall.',
  },
  completion: {
    summary: 'completion script of a shell',
    usage: 'completion bash|zsh|fish',
    args: [1, 1],
    completes: ['shell'],
    flags: {},
    details:
      'bash: source <(rsg completion bash)   zsh: source <(rsg completion zsh)   fish: rsg completion fish | source\nUnder kubectl it works by itself once kubectl_complete-rsg is on the PATH; the npm package brings it.',
  },
  version: {
    summary: 'the version of this program',
    usage: 'version',
    args: [0, 0],
    completes: [],
    flags: {},
    details: 'The chart of the same version brings the controller that decides as plan tells.',
  },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof COMMANDS;

export function isCommand(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(COMMANDS, name);
}

export function commandOf(name: CommandName): Command {
  return COMMANDS[name];
}
