import type { Action, ActionApp } from '@wbce/orbits-core';
import { collectionsOf, type Collections } from './collections.ts';
import { DurableWorkflow, type WorkflowVersion } from './durable-workflow.ts';

/** Where runs are kept, and the code that they run. */
export interface Backend extends Collections {
  /** The current version of each workflow, by its ref. */
  workflows: Map<string, WorkflowVersion>;
}

export function backendOf(app: ActionApp): Backend {
  return { ...collectionsOf(app), workflows: workflowsOf(app) };
}

/** The durable workflows that an app declares, in their current versions, by their refs. */
function workflowsOf(app: ActionApp): Map<string, WorkflowVersion> {
  return new Map(
    app.declare.filter(isWorkflow).map((workflow) => [app.getActionRefFromRegistry(workflow), workflow]),
  );
}

export function isWorkflow(action: typeof Action): action is WorkflowVersion {
  return action.prototype instanceof DurableWorkflow;
}
