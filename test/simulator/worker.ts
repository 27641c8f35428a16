import { play, shorten, type Played, type Subject } from './play.ts';

/** What a worker is asked for: schedules of a seed, or the shortened course of one. */
export type Order = { subject: Subject } & (
  | { kind: 'play'; seed: number; from: number; to: number; stopsAtFirst: boolean }
  | { kind: 'shorten'; seed: number; schedule: number }
);

export type Answer = { played: Played } | { lines: string[] } | { problem: string };

// A stack trace costs more than most of what is simulated, and no violation needs one.
Error.stackTraceLimit = process.env['SIMULATOR_STACKS'] ? 50 : 0;

const answer = (message: Answer) => process.send!(message);

// A rejection that is not handled ends an orchestrator, and with it the runs of others.
process.on('unhandledRejection', (reason) => answer({ problem: `unhandled rejection: ${String(reason)}` }));

process.on('message', (order: Order) => {
  const work =
    order.kind === 'play'
      ? play(order.subject, order.seed, order.from, order.to, order.stopsAtFirst).then((played) =>
          answer({ played }),
        )
      : shorten(order.subject, order.seed, order.schedule).then((lines) => answer({ lines }));
  work.catch((error: unknown) => {
    answer({ problem: error instanceof Error ? (error.stack ?? String(error)) : String(error) });
  });
});
