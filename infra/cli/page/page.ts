import { createHash } from 'node:crypto';
import { outcomeInWords } from '../../outcome.ts';
import { isAsking, type Run } from '../answer/answer.ts';
import { drawing } from './drawing.ts';
import { html, Html } from './html.ts';
import { STYLE } from './style.ts';
import { duration, time, timeline } from './timeline.ts';

/**
 * A page about one run, in one file: no scripts, no network. All values are escaped.
 *
 * @param where options with which `npm run trader` finds the run, each after a blank
 */
export function page(run: Run, where = ''): string {
  const headline = headlineOf(run);
  // The hash covers every character between the tags.
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${run.symbol}: ${headline}</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <header>
            <h1>${run.symbol}: ${headline}</h1>
            <span class="badge ${run.state}">${run.state}</span>
            ${about(run)}
          </header>
          ${
            run.error
              ? html`<section class="error">
                  <h2>Error</h2>
                  <pre>${run.error.name}: ${run.error.message}</pre>
                </section>`
              : undefined
          }
          ${
            isAsking(run)
              ? html`<section>
                  <h2>To answer</h2>
                  <pre>npm run trader -- approve ${run.id}${where}</pre>
                  <pre>npm run trader -- reject ${run.id}${where}</pre>
                </section>`
              : undefined
          }
          <div class="panels">
            <section>
              <h2>Path</h2>
              ${drawing(run)}
            </section>
            <section>
              <h2>Steps over time</h2>
              ${timeline(run)}
            </section>
          </div>
        </main>
      </body>
    </html> `.text;
}

function headlineOf({ state, result, error, waits }: Run): string {
  if (error) return `failed with ${error.name}`;
  if (state === 'IN_PROGRESS') return waits[0]?.reason ?? 'in progress';
  return outcomeInWords(result) ?? 'done';
}

function about({ id, key, workflow, version, startedAt, endedAt, result, state }: Run): Html {
  const words = outcomeInWords(result);
  const took = endedAt === null ? undefined : duration(Date.parse(endedAt) - Date.parse(startedAt));
  return html`<dl class="about">
    <dt>Run</dt>
    <dd>${id}</dd>
    <dt>Key</dt>
    <dd>${key}</dd>
    ${
      workflow === undefined
        ? undefined
        : html`<dt>Workflow</dt>
            <dd>${workflow}, version ${version}</dd>`
    }
    <dt>Started</dt>
    <dd>${time(startedAt)}</dd>
    <dt>Ended</dt>
    <dd>${endedAt === null ? 'not yet' : html`${time(endedAt)}, after ${took}`}</dd>
    ${
      state === 'SUCCESS' && words === undefined
        ? html`<dt>Result</dt>
            <dd><pre>${JSON.stringify(result, null, 2)}</pre></dd>`
        : undefined
    }
  </dl>`;
}
