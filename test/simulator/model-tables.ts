import { ANSWERS, EVENTS, STATES, TRANSITIONS, type Event, type State } from './model.ts';
import { RULES } from './rules.ts';

/** The model as docs/model.md shows it: a picture, and tables. */
export function modelTables(): string {
  return [
    '## The states and what turns one into another',
    ['```mermaid', 'stateDiagram-v2', ...arrows(), '```'].join('\n'),
    table(['state', 'what it means'], Object.entries(STATES)),
    table(['event', 'what happens'], Object.entries(EVENTS)),
    'What each event turns a run into. An event that has no entry for a state must not happen in it.',
    table(['while it is', ...eventsWritten], states.map(row)),
    '## What may be answered',
    'An answer must be true at some time between the question and the answer.',
    ...Object.entries(ANSWERS).map(([question, answers]) =>
      table(
        [question, 'while the run is'],
        Object.entries<readonly State[]>(answers).map(([answer, when]) => [
          answer,
          when.length === states.length ? 'anything' : when.join(', '),
        ]),
      ),
    ),
    '## What must hold besides',
    table(['rule', 'what must hold'], Object.entries(RULES)),
  ].join('\n\n');
}

const states = Object.keys(TRANSITIONS) as State[];
const eventsWritten = (Object.keys(EVENTS) as Event[]).filter((event) => {
  return states.some((state) => TRANSITIONS[state][event] !== undefined);
});

/** Events between the same two states share an arrow; those that change nothing are in the table alone. */
function arrows(): string[] {
  return states.flatMap((from) => {
    const targets = new Map<State, Event[]>();
    for (const [event, to] of Object.entries(TRANSITIONS[from]) as [Event, State][]) {
      if (to !== from) targets.set(to, [...(targets.get(to) ?? []), event]);
    }
    return [...targets].map(([to, events]) => `  ${node(from)} --> ${node(to)}: ${events.join(', ')}`);
  });
}

const node = (state: State) => (state === 'none' ? '[*]' : state);

const row = (state: State) => [state, ...eventsWritten.map((event) => TRANSITIONS[state][event] ?? '')];

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
