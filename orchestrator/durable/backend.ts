import type { ActionApp } from '@wbce/orbits-core';
import { workflowsOf } from './app.ts';
import { collectionsOf, type Collections } from './collections.ts';
import type { WorkflowVersion } from './durable-workflow.ts';

/** Where runs are kept, and the code that they run. */
export interface Backend extends Collections {
  /** The current version of each workflow, by its ref. */
  workflows: Map<string, WorkflowVersion>;
}

export function backendOf(app: ActionApp): Backend {
  return { ...collectionsOf(app), workflows: workflowsOf(app) };
}
