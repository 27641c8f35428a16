import type { Run, Step } from '../answer/answer.ts';
import { html, type Html } from './html.ts';

const BAR_WIDTH = 600;
const BAR_HEIGHT = 12;

/** Each step with its time within the run, its input and its result; then the waits of the run. */
export function timeline(run: Run): Html {
  const start = Date.parse(run.startedAt);
  const ends = [run.startedAt, ...run.steps.map(({ endedAt }) => endedAt), run.endedAt ?? run.startedAt];
  const span = Math.max(1, ...ends.map((end) => Date.parse(end) - start));
  const steps = run.steps.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  return html`<ol class="timeline">
    ${steps.map((step) => stepItem(step, start, span))}${run.waits.map(waitItem)}
  </ol>`;
}

function stepItem(step: Step, start: number, span: number): Html {
  const { ref, action, argument, state, attempts, startedAt, endedAt, result } = step;
  const took = Date.parse(endedAt) - Date.parse(startedAt);
  const x = ((Date.parse(startedAt) - start) / span) * BAR_WIDTH;
  const width = Math.max(4, (took / span) * BAR_WIDTH);
  const failed = state === 'ERROR';
  return html`<li class="${failed ? 'failed' : 'done'}">
    <h3>${failed ? '\u2715' : '\u2713'} ${ref}</h3>
    <p class="facts">
      <span class="state">${state}</span> ${duration(took)} · ${attempts}
      ${attempts === 1 ? 'attempt' : 'attempts'} · from ${time(startedAt)}
    </p>
    <svg class="bar" viewBox="0 0 ${BAR_WIDTH} ${BAR_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="${BAR_WIDTH}" height="${BAR_HEIGHT}" rx="4" />
      <rect
        class="span"
        x="${Math.min(x, BAR_WIDTH - width)}"
        width="${width}"
        height="${BAR_HEIGHT}"
        rx="4"
      />
    </svg>
    <dl>
      ${
        action === undefined
          ? undefined
          : html`<dt>Input to ${action}</dt>
              <dd>${value(argument)}</dd>`
      }
      <dt>${failed ? 'Error' : 'Result'}</dt>
      <dd>${value(result)}</dd>
    </dl>
  </li> `;
}

function waitItem({ ref, reason, due, attempts, error }: Run['waits'][number]): Html {
  const failed =
    error &&
    html`<p>
      After ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}: ${error.name}: ${error.message}
    </p>`;
  return html`<li class="waiting">
    <h3>… ${ref}</h3>
    <p class="facts"><span class="state">WAITING</span> ${reason}, until ${time(due)}</p>
    ${failed ?? undefined}
  </li> `;
}

const value = (data: unknown) =>
  html`<pre>${typeof data === 'string' ? data : JSON.stringify(data ?? null, null, 2)}</pre>`;

export const time = (iso: string) =>
  html`<time datetime="${iso}">${iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z')}</time>`;

/** Milliseconds as text. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`;
}
