import { decode, encode, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { Collection, type CollectionMeta, type Home } from './collection.ts';
import type { Folder } from './folder.ts';
import type { Storage } from './storage.ts';

const NEXT_ID = Buffer.from('nextId');
const MAX_NAMESPACE_BYTES = 255;

/** The collections of all databases, by `database.collection`. */
export class Catalog implements Home {
  readonly storage: Storage;
  readonly folder: Folder;
  private collections = new Map<string, Collection>();

  constructor(storage: Storage) {
    this.storage = storage;
    this.folder = storage.folder;
    storage.onUndone = () => this.load();
    this.load();
  }

  private load(): void {
    this.collections.clear();
    for (const { key, value } of this.folder.catalog.getRange({})) {
      const namespace = key.toString('utf8');
      const meta = decode(value) as unknown as CollectionMeta;
      this.collections.set(namespace, new Collection(this, namespace, meta));
    }
  }

  find(namespace: string): Collection | undefined {
    return this.collections.get(namespace);
  }

  /** All collections of a database, by name; of every database when `database` is undefined. */
  list(database?: string): Collection[] {
    return [...this.collections.values()]
      .filter((collection) => database === undefined || collection.database === database)
      .sort((left, right) => (left.namespace < right.namespace ? -1 : 1));
  }

  /** Only inside `storage.write`. */
  create(namespace: string, options: Doc = {}): Collection {
    checkNamespace(namespace);
    const id = this.takeId();
    const collection = new Collection(this, namespace, { id, options, indexes: [] });
    collection.addIdIndex();
    this.collections.set(namespace, collection);
    this.save(collection);
    return collection;
  }

  /** Only inside `storage.write`. */
  findOrCreate(namespace: string): Collection {
    return this.find(namespace) ?? this.create(namespace);
  }

  /** Only inside `storage.write`. */
  drop(collection: Collection): void {
    collection.clear();
    for (const index of collection.indexes) collection.clearIndex(index);
    this.collections.delete(collection.namespace);
    void this.folder.catalog.remove(Buffer.from(collection.namespace));
  }

  /** Only inside `storage.write`. */
  rename(collection: Collection, namespace: string): void {
    checkNamespace(namespace);
    this.collections.delete(collection.namespace);
    void this.folder.catalog.remove(Buffer.from(collection.namespace));
    const renamed = new Collection(this, namespace, collection.meta());
    this.collections.set(namespace, renamed);
    this.save(renamed);
  }

  /** Only inside `storage.write`. */
  save(collection: Collection): void {
    const meta = encode(collection.meta() as unknown as Doc);
    void this.folder.catalog.put(Buffer.from(collection.namespace), Buffer.from(meta));
  }

  /** A new number for a collection or an index. Only inside `storage.write`. */
  takeId(): number {
    const { meta } = this.folder;
    const id = Number(meta.get(NEXT_ID)?.toString() ?? 1);
    void meta.put(NEXT_ID, Buffer.from(String(id + 1)));
    return id;
  }
}

export function checkNamespace(namespace: string): void {
  const dot = namespace.indexOf('.');
  const database = namespace.slice(0, dot);
  const name = namespace.slice(dot + 1);
  const wrong =
    database === '' ||
    /[/\\. "$*<>:|?\0]/.test(database) ||
    database.length > 63 ||
    name === '' ||
    name.startsWith('.') ||
    /[$\0]/.test(name);
  if (wrong) refuse('InvalidNamespace', `Invalid namespace specified '${namespace}'`);
  if (name.startsWith('system.')) refuse('InvalidNamespace', `Invalid system namespace: ${namespace}`);
  if (Buffer.byteLength(namespace) > MAX_NAMESPACE_BYTES) {
    const message = `Fully qualified namespace is too long. Namespace: ${namespace} Max: ${MAX_NAMESPACE_BYTES}`;
    refuse('InvalidNamespace', message);
  }
}
