import { documentField, optionalListField } from '../bson/shapes.ts';
import { truthy, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { compileProjection } from '../query/projection.ts';
import { find } from '../storage/find.ts';
import { change, upsert } from '../update/apply.ts';
import { compileUpdate, type UpdateSpec } from '../update/update.ts';
import { namespaceOf, type Command } from './call.ts';
import { findSpec } from './read.ts';
import { writeOnce } from './sessions.ts';

/** Finds, changes and answers in one atomic step. */
export const findAndModify: Command = (call) => {
  const { body } = call;
  const namespace = namespaceOf(call);
  const filter = documentField(body, 'query', 'findAndModify') ?? {};
  const removing = truthy(body.remove);
  checkOptions(body, removing);
  const variables = documentField(body, 'let', 'findAndModify');
  const spec: UpdateSpec = {
    filter,
    update: body.update,
    arrayFilters: optionalListField(body, 'arrayFilters', 'findAndModify'),
    variables,
  };
  const updater = removing ? undefined : compileUpdate(spec);
  const project = compileProjection(body.fields, filter);
  const shown = (doc: Doc) => (project ? project(doc) : doc);

  return writeOnce(call.store.storage, body, () => {
    const collection = call.store.catalog.find(namespace);
    const search = findSpec({ ...body, limit: 1, skip: undefined }, 'findAndModify', 'query');
    const [record] = [...find(collection, search)];
    if (!updater) {
      if (record) collection!.remove(record);
      return { lastErrorObject: { n: record ? 1 : 0 }, value: record ? shown(record.doc) : null };
    }
    if (!record && truthy(body.upsert)) {
      const made = upsert(call.store.catalog, namespace, spec);
      return {
        lastErrorObject: { n: 1, updatedExisting: false, upserted: made._id },
        value: truthy(body.new) ? shown(made) : null,
      };
    }
    if (!record) return { lastErrorObject: { n: 0, updatedExisting: false }, value: null };
    const after = updater(record.doc, false);
    change(collection!, record, after);
    return {
      lastErrorObject: { n: 1, updatedExisting: true },
      value: shown(truthy(body.new) ? after : record.doc),
    };
  });
};

function checkOptions(body: Doc, removing: boolean): void {
  const fail = (message: string) => refuse('FailedToParse', message);
  if (removing) {
    if (body.update !== undefined) fail("Cannot specify both an 'update' and 'remove'=true");
    if (truthy(body.upsert)) fail("Cannot specify both 'upsert'=true and 'remove'=true");
    if (truthy(body.new)) {
      fail("Cannot specify both 'new'=true and 'remove'=true; 'remove' always returns the deleted document");
    }
  } else if (body.update === undefined) fail("Either an 'update' or 'remove'=true must be specified");
}
