import { refuse, ServerError } from '../errors.ts';
import { aggregate } from './aggregate.ts';
import type { Command } from './call.ts';
import * as collections from './collections.ts';
import * as diagnostics from './diagnostics.ts';
import { findAndModify } from './find-and-modify.ts';
import { endSessions, finishTransaction, hello } from './handshake.ts';
import { createIndexes, dropIndexes, listIndexes } from './indexes.ts';
import { count, distinct, explain, findCommand, getMore, killCursors } from './read.ts';
import { deleteCommand, insert, update } from './write.ts';

/** All commands of the store. */
const commands = new Map<string, Command>(
  Object.entries({
    hello,
    isMaster: hello,
    ismaster: hello,
    ping: diagnostics.nothing,
    insert,
    find: findCommand,
    getMore,
    killCursors,
    update,
    delete: deleteCommand,
    findAndModify,
    findandmodify: findAndModify,
    count,
    distinct,
    aggregate,
    explain,
    create: collections.create,
    drop: collections.drop,
    dropDatabase: collections.dropDatabase,
    renameCollection: collections.renameCollection,
    listCollections: collections.listCollections,
    listDatabases: collections.listDatabases,
    dbStats: collections.dbStats,
    dbstats: collections.dbStats,
    collStats: collections.collStats,
    collstats: collections.collStats,
    createIndexes,
    dropIndexes,
    deleteIndexes: dropIndexes,
    listIndexes,
    endSessions,
    killSessions: endSessions,
    refreshSessions: diagnostics.nothing,
    startSession: diagnostics.nothing,
    commitTransaction: finishTransaction,
    abortTransaction: finishTransaction,
    buildInfo: diagnostics.buildInfo,
    buildinfo: diagnostics.buildInfo,
    hostInfo: diagnostics.hostInfo,
    connectionStatus: diagnostics.connectionStatus,
    serverStatus: diagnostics.serverStatus,
    getParameter: diagnostics.getParameter,
    getLog: diagnostics.getLog,
    getCmdLineOpts: diagnostics.getCmdLineOpts,
    whatsmyuri: diagnostics.whatsMyUri,
    getFreeMonitoringStatus: diagnostics.getFreeMonitoringStatus,
    replSetGetStatus: diagnostics.replSetGetStatus,
    configureFailPoint: (call) => {
      if (!call.store.options.failPoints) throw commandNotFound('configureFailPoint');
      return call.store.failPoints.configure(call.body);
    },
  } satisfies Record<string, Command>),
);

const ADMIN_ONLY = [
  'listDatabases',
  'renameCollection',
  'getLog',
  'getCmdLineOpts',
  'getParameter',
  'configureFailPoint',
];

/** Throws CommandNotFound for a command that is not served, Unauthorized for the wrong database. */
export function lookup(command: string, database: string): Command {
  const found = commands.get(command);
  if (!found) throw commandNotFound(command);
  if (ADMIN_ONLY.includes(command) && database !== 'admin') {
    refuse('Unauthorized', `${command} may only be run against the admin database.`);
  }
  return found;
}

function commandNotFound(command: string): ServerError {
  return new ServerError('CommandNotFound', `no such command: '${command}'`);
}
