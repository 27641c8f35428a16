import * as z from 'zod';
import { cursor, nextCursor } from '../fields.ts';
import { command } from '../protocol/command.ts';
import { fromCursor, toCursor } from '../protocol/cursor.ts';
import { TickRecords } from '../tick/tick-records.ts';

export const ticksAnswer = z
  .object({
    ticks: z.array(
      z.object({
        tick: z.string().describe('the scheduled time, which is the key of its runs'),
        market: z.enum(['open', 'closed', 'unknown']),
        until: z.iso
          .datetime()
          .nullable()
          .describe('the close of the session that was open, or the next opening; null if unknown'),
      }),
    ),
    cursor: nextCursor,
  })
  .meta({ title: 'ticks' });

/** Commands about the ticks of the schedule. */
export const tickCommands = {
  ticks: command({
    does: 'Lists the ticks of the schedule, newest first, and whether the market was open at each. They are on record if `marketHours` is `regular`.',
    takes: { limit: z.int().min(1).max(1000).default(20), cursor },
    answers: ticksAnswer,
    async handle({ limit, cursor }, { app, config }) {
      const before = cursor === undefined ? undefined : fromCursor(cursor).id;
      const found = await new TickRecords(app, config).list(before, limit + 1);
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return {
        ticks: page.map(({ tick, market, until }) => ({
          tick,
          market,
          until: until && until.toISOString(),
        })),
        cursor: last ? toCursor({ time: new Date(last.tick), id: last.tick }) : null,
      };
    },
  }),
};
