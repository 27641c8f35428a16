import { ActionState } from '@wbce/orbits-core';
import type { RunDocument } from '../../orchestrator/durable/run-document.ts';

/**
 * The reference model of a run: its states, what turns it into which, and what a person is answered in each. The
 * simulator holds every change that a majority of the store has, and every answer, against it.
 */
export const STATES = {
  none: 'There is no document: it was never created, or it has expired.',
  held: 'An orchestrator advances it, or has crashed while it did, or has lost its lease.',
  free: 'Its last pass ended because the store or the process failed, and gave the lease back.',
  suspended: 'It waits: to start, for a time, for a signal, for its next attempt.',
  blocked: 'A fault of the operator keeps it from going on. It is tried again, less and less often.',
  cancelled: 'A person has cancelled it, and no pass has carried that out yet.',
  undoing: 'An orchestrator undoes its steps and ends it, because it was cancelled.',
  succeeded: 'It has ended with a result.',
  failed: 'It has ended with an error, and can be retried.',
  undone: 'It has ended with an error, and has undone its steps.',
} as const;

export type State = keyof typeof STATES;

export const EVENTS = {
  created: 'A trigger whose key is new: the run is put on record and claimed, in one write.',
  claimed: 'An orchestrator takes the lease of a run that is free, or whose lease is over.',
  started: 'What was decided about its start is settled: it starts.',
  recorded: 'Outcomes of steps are written.',
  sealed: 'Outcomes move into a page of the history.',
  opened: 'The start of a step is written, before its outcome.',
  'put off': 'It does not start yet: no time is left, or an earlier run is open.',
  suspended: 'Every branch waits for longer than the pass may.',
  blocked: 'The deployed code does not have its workflow, or does not match its history, or crashes.',
  released: 'The pass failed, and gives the lease back.',
  woken: 'The first of its waits is due. Nothing is written.',
  signalled: 'A value from outside is taken or kept.',
  cancelled: 'A person cancels it.',
  crashed: 'The process that holds it ends. Nothing is written.',
  'lease lost': 'The time of the lease is over. Nothing is written.',
  retried: 'A person resumes it, from the step that failed it or from an earlier one.',
  succeeded: 'The workflow has returned.',
  failed: 'The workflow has thrown, or what a person cancelled is ended.',
  undone: 'The same, and its steps were undone.',
  expired: 'It has ended longer ago than the history is kept.',
} as const;

export type Event = keyof typeof EVENTS;

const ended = { succeeded: 'succeeded', failed: 'failed', undone: 'undone' } as const;
const unwritten = { crashed: 'held', 'lease lost': 'held' } as const;

/** What each event turns a run into. An event that a state does not have must not happen in it. */
export const TRANSITIONS: Record<State, Partial<Record<Event, State>>> = {
  none: { created: 'held' },
  held: {
    ...{
      claimed: 'held',
      started: 'held',
      recorded: 'held',
      sealed: 'held',
      opened: 'held',
      signalled: 'held',
    },
    ...{ 'put off': 'suspended', suspended: 'suspended', blocked: 'blocked', released: 'free' },
    ...unwritten,
    ...ended,
  },
  free: { claimed: 'held', signalled: 'free' },
  suspended: { claimed: 'held', signalled: 'suspended', cancelled: 'cancelled', woken: 'suspended' },
  blocked: { claimed: 'held', signalled: 'blocked', cancelled: 'cancelled', woken: 'blocked' },
  cancelled: { claimed: 'undoing', cancelled: 'cancelled', woken: 'cancelled' },
  undoing: {
    ...{ claimed: 'undoing', recorded: 'undoing', sealed: 'undoing', opened: 'undoing' },
    ...{ suspended: 'cancelled', blocked: 'cancelled', released: 'cancelled' },
    ...{ crashed: 'undoing', 'lease lost': 'undoing', failed: 'failed', undone: 'undone' },
  },
  succeeded: { expired: 'none' },
  failed: { retried: 'held', expired: 'none' },
  undone: { expired: 'none' },
};

const unfinished: State[] = ['held', 'free', 'suspended', 'blocked'];
const all = Object.keys(STATES) as State[];

/** Who asks, what may be answered, and in which states that is true. */
export const ANSWERS = {
  signal: {
    taken: unfinished,
    kept: unfinished,
    answered: all,
    'timed-out': unfinished,
    cancelled: ['cancelled', 'undoing'],
    ended: ['none', 'succeeded', 'failed', 'undone'],
    invalid: all,
    unknown: all,
  },
  cancel: {
    cancelled: ['cancelled', 'undoing'],
    ended: ['none', 'succeeded', 'failed', 'undone'],
    held: ['held', 'undoing'],
    uncertain: unfinished,
  },
  retry: { retried: ['held'], refused: all },
  tick: {
    SUCCESS: ['succeeded'],
    ERROR: ['failed', 'undone'],
    IN_PROGRESS: [...unfinished, 'cancelled', 'undoing'],
  },
} as const satisfies Record<string, Record<string, readonly State[]>>;

/** A run as the store has it, or undefined where it has none. */
type Stored = RunDocument | undefined;

const isOpen = ({ state }: RunDocument) => state < ActionState.SUCCESS;
const sizeOf = (map: object | undefined) => Object.keys(map ?? {}).length;

/** The events that one change of a document is, in order. */
export function eventsOf(before: Stored, after: Stored): Event[] {
  if (!before) return after ? ['created'] : [];
  if (!after) return ['expired'];
  const [was, is] = [before.bag, after.bag];
  const events: Event[] = [];
  if (is.holder !== undefined && is.holder !== was.holder)
    events.push(isOpen(before) ? 'claimed' : 'retried');
  const hasEnded = isOpen(before) && !isOpen(after);
  if (was.start && !is.start && !hasEnded) events.push('started');
  if ((is.pages?.length ?? 0) > (was.pages?.length ?? 0)) events.push('sealed');
  if (is.recorded > was.recorded) events.push('recorded');
  if (Object.keys(is.open ?? {}).some((id) => !was.open?.[id])) events.push('opened');
  if (sizeOf(is.signals) > sizeOf(was.signals)) events.push('signalled');
  else if (is.cancelled && is.signalled !== was.signalled) events.push('cancelled');
  if (hasEnded) events.push(endOf(after));
  else if (was.holder !== undefined && is.holder === undefined) events.push(pauseOf(after));
  return events;
}

function endOf({ state, result }: RunDocument): Event {
  if (state === ActionState.SUCCESS) return 'succeeded';
  return (result as { undone?: unknown }).undone ? 'undone' : 'failed';
}

function pauseOf({ state, bag }: RunDocument): Event {
  if (state !== ActionState.SLEEPING) return 'released';
  if (bag.blocked) return 'blocked';
  return ['start', 'queue'].includes(bag.waits?.[0]?.ref ?? '') ? 'put off' : 'suspended';
}

/** One run, in the state that its events have led to. */
export class RunModel {
  state: State = 'none';
  /** The states that it was in, each with the time from when on. */
  readonly past: { state: State; at: number }[] = [{ state: 'none', at: 0 }];

  /** Answers what happened; throws if it must not. */
  follow(before: Stored, after: Stored, at: number): Event[] {
    const events = eventsOf(before, after);
    if (events.length === 0 && isOtherwiseChanged(before, after)) {
      throw new Error(`a change that is not an event of the model, while it is ${this.state}`);
    }
    for (const event of events) {
      const next = TRANSITIONS[this.state][event];
      if (next === undefined) throw new Error(`"${event}" while it is ${this.state}`);
      this.state = next;
      this.past.push({ state: next, at });
    }
    return events;
  }

  /** Whether it was in one of these states at some time of a span. */
  wasIn(states: readonly State[], from: number, to: number): boolean {
    return this.past.some(({ state, at }, index) => {
      const end = this.past[index + 1]?.at ?? Infinity;
      return states.includes(state) && at <= to && end >= from;
    });
  }
}

/** A watched step may be written again, and its lock's fields; all else of a run is part of an event. */
function isOtherwiseChanged(before: Stored, after: Stored): boolean {
  const rest = (run: Stored) => {
    if (!run) return '';
    const { bag, state, result, actionRef, argument, filter } = run;
    return JSON.stringify([
      { ...bag, open: undefined, claims: undefined },
      state,
      result,
      actionRef,
      argument,
      filter,
    ]);
  };
  return rest(before) !== rest(after);
}
