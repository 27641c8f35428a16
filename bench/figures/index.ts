import { growth } from './growth.ts';
import { race } from './race.ts';
import { resume } from './resume.ts';
import { runs } from './runs.ts';

/** What is measured inside a contestant's process. */
export const figures = { race, growth, resume, runs };
