import { growth } from './growth.ts';
import { resume } from './resume.ts';
import { runs } from './runs.ts';
import { steps } from './steps.ts';
import { throughput } from './throughput.ts';

/** What is measured inside a contestant's process. */
export const figures = { steps, throughput, growth, resume, runs };
