import type { Run } from '../answer/answer.ts';

export interface Edge {
  from: string;
  to: string;
  label?: string;
}

/** The graph of a workflow: all paths that a run can take. A node is a step's ref, or the end of a run without a trade. */
export interface Graph {
  nodes: string[];
  edges: Edge[];
}

/** The end of a run without a trade. */
const NO_TRADE = 'no trade';
const NO_TRADES = ['held', 'rejected', 'refused'];

/** The trading workflow, with or without limits. */
function trading(hasLimits: boolean): Graph {
  const decided = hasLimits ? 'check-limits' : 'generate-recommendation';
  const approved = hasLimits ? 'check-limits-again' : 'approval';
  const edges = [
    { from: 'check-stock-price', to: 'generate-recommendation' },
    ...(hasLimits
      ? [
          { from: 'generate-recommendation', to: decided },
          { from: 'generate-recommendation', to: NO_TRADE },
          { from: 'approval', to: approved },
          { from: approved, to: NO_TRADE },
        ]
      : []),
    { from: decided, to: 'request-approval', label: 'asked' },
    { from: decided, to: 'approval' },
    { from: decided, to: 'buy-stock' },
    { from: decided, to: 'sell-stock' },
    { from: decided, to: NO_TRADE },
    { from: 'request-approval', to: 'approval' },
    { from: approved, to: 'buy-stock', label: 'buy' },
    { from: approved, to: 'sell-stock', label: 'sell' },
    { from: 'approval', to: NO_TRADE, label: 'rejected' },
  ];
  return { nodes: [...new Set(edges.flatMap(({ from, to }) => [from, to]))], edges };
}

const graphs: Record<string, (path: string[]) => Graph> = {
  trading: (path) => trading(path.includes('check-limits')),
};

/** The nodes that a run has reached, in order. */
export function pathOf(run: Run): string[] {
  const steps = run.steps.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  const path = [...new Set([...steps, ...run.waits].map(({ ref }) => ref))].filter((ref) => ref !== 'queue');
  const result: object = typeof run.result === 'object' && run.result !== null ? run.result : {};
  const isPlaced = path.some((ref) => ref === 'buy-stock' || ref === 'sell-stock');
  const isEnd = run.state === 'SUCCESS' && !isPlaced && NO_TRADES.some((word) => word in result);
  return run.workflow === 'trading' && isEnd ? [...path, NO_TRADE] : path;
}

/** The described graph of a run's workflow. If none contains all its steps: the steps, one after the other. */
export function graphOf(run: Run): Graph {
  const path = pathOf(run);
  const described = graphs[run.workflow ?? '']?.(path);
  if (described && path.every((ref) => described.nodes.includes(ref))) return described;
  return { nodes: path, edges: path.slice(1).map((to, index) => ({ from: path[index]!, to })) };
}
